import Glibc
package import Systemd

/// A listening socket that an earlier process of this service has opened: one that the service manager has kept while the service was restarted, or this
/// process while it was root.
///
/// Its name says which bind it was opened for, and for a Unix socket which file is its own: `roost-HASH-DEVICE-INODE`.
package struct StoredListener: Sendable, Hashable {
    package let descriptor: Int32
    package let name: String

    private static let prefix = "roost-"

    /// Nil for what was not stored by Roost.
    package init?(_ descriptor: ListenDescriptors.Descriptor) {
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

    /// A socket that Roost has opened, under the name by which it is known again.
    init(_ listener: Listener, file: UnixSocketFile.Numbers?) {
        descriptor = listener.descriptor
        name = Self.name(listener.bind, file: file)
    }

    /// The socket as the listener of this bind, unchanged yet; nil if it was not opened for it, or cannot be reached there any more.
    func listener(for bind: BindAddress) -> (listener: Listener, file: UnixSocketFile?)? {
        guard let socket = try? InheritedSocket(descriptor, name: nil, for: bind) else { return nil }
        var file: UnixSocketFile?
        var endpoint = socket.endpoint
        switch bind {
        case .unix(let path):
            let words = name.split(separator: "-").compactMap { UInt64($0) }
            guard let device = words.dropLast().last, let inode = words.last else { return nil }
            let numbers = UnixSocketFile.Numbers(device: device, inode: inode)
            guard name == Self.name(bind, file: numbers), let found = UnixSocketFile(at: path, numbers: numbers, for: bind) else { return nil }
            file = found
            endpoint = Endpoint(host: path, port: nil)
        case .tcp, .abstract:
            guard name == Self.name(bind, file: nil) else { return nil }
        case .descriptor, .systemd:
            return nil
        }
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
