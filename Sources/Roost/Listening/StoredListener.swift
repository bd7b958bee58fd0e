import Glibc
package import Systemd

/// A listening socket that this service had the service manager keep while it was restarted.
///
/// Its name says which bind it was opened for, and for a Unix socket which file is its own: `roost-HASH-DEVICE-INODE`.
struct StoredListener {
    let descriptor: Int32
    let name: String

    private static let prefix = "roost-"

    /// Nil for what was not stored by Roost.
    init?(_ descriptor: ListenDescriptors.Descriptor) {
        guard descriptor.name.hasPrefix(Self.prefix) else { return nil }
        self.descriptor = descriptor.number
        name = descriptor.name
    }

    /// The name under which a listener is stored.
    static func name(_ bind: BindAddress, file: UnixSocketFile.Numbers?) -> String {
        // FNV-1a of the address as it is written.
        let hash = bind.description.utf8.reduce(0xCBF2_9CE4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
        return "\(prefix)\(String(hash, radix: 16))-\(file?.device ?? 0)-\(file?.inode ?? 0)"
    }

    /// The socket as the listener of this bind; nil if it was not opened for it, or cannot be reached there any more.
    func listener(for bind: BindAddress) -> (listener: Listener, file: UnixSocketFile?)? {
        guard let socket = try? InheritedSocket(descriptor, name: nil, for: bind) else { return nil }
        var file: UnixSocketFile?
        var endpoint = socket.endpoint
        switch bind {
        case .unix(let path):
            let numbers = name.split(separator: "-").compactMap { UInt64($0) }
            guard let device = numbers.dropLast().last, let inode = numbers.last,
                let found = UnixSocketFile(at: path, numbers: .init(device: device, inode: inode), for: bind)
            else { return nil }
            guard name == Self.name(bind, file: found.numbers) else {
                found.close()
                return nil
            }
            file = found
            endpoint = Endpoint(host: path, port: nil)
        case .tcp, .abstract:
            guard name == Self.name(bind, file: nil) else { return nil }
        case .descriptor, .systemd:
            return nil
        }
        guard (try? socket.prepare()) != nil else { return nil }
        let listener = Listener(
            descriptor: descriptor, address: BoundAddress(endpoint: endpoint), bind: bind, isOwn: true, needsNoDelay: socket.listener.needsNoDelay)
        return (listener, file)
    }
}

extension ListenDescriptors {
    /// What was stored by an earlier process of this service.
    var stored: [StoredListener] { descriptors.compactMap(StoredListener.init) }

    /// The sockets of socket units: all but what was stored.
    package var activated: ListenDescriptors {
        ListenDescriptors(descriptors: descriptors.filter { StoredListener($0) == nil })
    }
}
