import Glibc
import Systemd

/// Listening sockets on their way from one process of Roost's to another, which has the same descriptors under the same numbers.
///
/// The text is `place,descriptor,own,host,port,name,device,inode` for each socket, with spaces between them: what is empty is not there, and in the
/// three that can be anything every byte but letters, digits and `._/:@-` stands as `%XX`.
package struct ListenerHandover: Sendable, Hashable {
    struct Entry: Sendable, Hashable {
        /// Which of the binds the socket is for, counted from 0.
        var place: Int
        var descriptor: Int32
        /// Whether Roost opened the socket, and it does not belong to systemd or another parent.
        var isOwn: Bool
        var address: BoundAddress
        /// The file of a Unix socket that Roost made.
        var file: UnixSocketFile.Numbers?
    }

    let entries: [Entry]

    init(entries: [Entry]) {
        self.entries = entries
    }

    /// The descriptors that the other process must be given.
    package var descriptors: [Int32] { entries.map(\.descriptor) }

    /// Whether some of the sockets came from systemd.
    package var isActivated: Bool { entries.contains { $0.address.name != nil } }

    /// - Throws: `BindError` if the text is none that `description` gives.
    package init(_ text: String) throws(BindError) {
        var entries: [Entry] = []
        for entry in text.split(separator: " ") {
            guard let read = Entry(entry) else {
                throw BindError(.systemd(name: nil), "the sockets that were handed over cannot be read: \(BindAddressError.quoted(text))")
            }
            entries.append(read)
        }
        self.entries = entries
    }
}

extension ListenerHandover: CustomStringConvertible {
    package var description: String { entries.map(\.text).joined(separator: " ") }
}

extension ListenerHandover.Entry {
    fileprivate init?(_ text: Substring) {
        let fields = text.split(separator: ",", omittingEmptySubsequences: false)
        guard fields.count == 8, let place = Int(fields[0]), place >= 0, let descriptor = Int32(fields[1]), descriptor >= 0,
            ["0", "1"].contains(fields[2]), let host = EscapedText.unescaped(fields[3]), let name = EscapedText.unescaped(fields[5])
        else { return nil }
        var port: Int?
        if !fields[4].isEmpty {
            guard let number = UInt16(fields[4]) else { return nil }
            port = Int(number)
        }
        var file: UnixSocketFile.Numbers?
        if !fields[6].isEmpty {
            guard let device = UInt64(fields[6]), let inode = UInt64(fields[7]) else { return nil }
            file = UnixSocketFile.Numbers(device: device, inode: inode)
        }
        self.init(
            place: place, descriptor: descriptor, isOwn: fields[2] == "1",
            address: BoundAddress(endpoint: Endpoint(host: host, port: port), name: name.isEmpty ? nil : name), file: file)
    }

    fileprivate var text: String {
        let port = address.endpoint.port.map { "\($0)" } ?? ""
        let file = file.map { "\($0.device),\($0.inode)" } ?? ","
        return "\(place),\(descriptor),\(isOwn ? 1 : 0),\(EscapedText.escaped(address.endpoint.host)),\(port),\(EscapedText.escaped(address.name ?? "")),\(file)"
    }
}

extension ListenerSet {
    /// The sockets as another process is told of them.
    var handover: ListenerHandover {
        let files = fileNumbers
        return ListenerHandover(entries: listeners.map {
            .init(place: $0.place, descriptor: $0.descriptor, isOwn: $0.isOwn, address: $0.address, file: files[$0.descriptor])
        })
    }

    /// Takes sockets that another process hands over.
    ///
    /// - Parameters:
    ///   - binds: What this process is to listen on; each must have got its sockets.
    ///   - isOwner: Whether this process is to end what Roost has opened. Otherwise others go on listening on the same sockets.
    static func adopt(_ handover: ListenerHandover, _ binds: [BindAddress], isOwner: Bool) throws(BindError) -> ListenerSet {
        for (place, bind) in binds.enumerated() where !handover.entries.contains(where: { $0.place == place }) {
            throw BindError(bind, "the process that went before did not listen on this address", hint: "restart the service to change its addresses")
        }
        var listeners: [Listener] = []
        var files: [Int32: UnixSocketFile] = [:]
        for entry in handover.entries {
            guard binds.indices.contains(entry.place) else { continue }
            let bind = binds[entry.place]
            let socket = try InheritedSocket(entry.descriptor, name: entry.address.name, for: bind)
            try socket.prepare()
            let isOwn = isOwner && entry.isOwn
            listeners.append(
                Listener(
                    descriptor: entry.descriptor, address: entry.address, bind: bind, place: entry.place, isOwn: isOwn,
                    needsNoDelay: socket.listener.needsNoDelay))
            if isOwn, let numbers = entry.file { files[entry.descriptor] = UnixSocketFile(at: entry.address.endpoint.host, numbers: numbers, for: bind) }
        }
        return ListenerSet(listeners: listeners, files: files)
    }
}
