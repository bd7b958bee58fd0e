import CLinux
import Glibc
import Testing

@testable import Roost

/// A directory that goes with everything in it when the test is over.
final class ScratchDirectory {
    let path: String

    init() throws {
        var template = Array("/tmp/roost-listening-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw BindError(address: "/tmp", reason: "no scratch directory") }
        path = template.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }
    }

    deinit { Self.remove(path) }

    func file(_ name: String) -> String { "\(path)/\(name)" }

    /// The names in it, in order.
    var names: [String] { Self.names(in: path) }

    static func names(in path: String) -> [String] {
        guard let stream = opendir(path) else { return [] }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
            if name != ".", name != ".." { names.append(name) }
        }
        return names.sorted()
    }

    private static func remove(_ path: String) {
        for name in names(in: path) {
            let entry = "\(path)/\(name)"
            if unlink(entry) != 0 { remove(entry) }
        }
        rmdir(path)
    }
}

/// A set of listeners that is taken down when the test is over, files included.
final class ScratchListeners {
    let opened: ListenerSet

    init(_ binds: BindAddress..., options: SocketOptions = SocketOptions()) throws {
        opened = try ListenerSet.open(binds, options: options, activated: nil)
    }

    var listeners: [Listener] { opened.listeners }

    deinit {
        opened.close()
        opened.removeSocketFiles()
    }
}

/// A descriptor, most often a blocking socket, that is closed when the test is over.
final class ScratchSocket {
    let descriptor: Int32

    init(taking descriptor: Int32) { self.descriptor = descriptor }

    convenience init(_ family: Int32, type: __socket_type = SOCK_STREAM) { self.init(taking: socket(family, Int32(type.rawValue), 0)) }

    /// A client that is connected, or nil with errno.
    static func connected(to address: SocketAddress) -> ScratchSocket? {
        let socket = ScratchSocket(address.family)
        let code = SocketCalls.connect(socket.descriptor, to: address)
        errno = code
        return code == 0 ? socket : nil
    }

    /// A socket bound to an address, listening if asked for.
    static func bound(to address: SocketAddress, listening: Bool = true) throws -> ScratchSocket {
        let socket = ScratchSocket(address.family)
        try #require(SocketCalls.bind(socket.descriptor, to: address) == 0)
        if listening { try #require(SocketCalls.listen(socket.descriptor, backlog: 8) == 0) }
        return socket
    }

    deinit { close(descriptor) }
}

/// What a path leads to, a link being itself.
func fileStatus(_ path: String) -> stat? {
    var status = stat()
    return lstat(path, &status) == 0 ? status : nil
}

func mode(_ path: String) -> UInt32? { fileStatus(path).map { $0.st_mode & 0o7777 } }

func exists(_ path: String) -> Bool { fileStatus(path) != nil }

/// Leaves the file of a socket on which nobody listens any more.
func leaveStaleSocket(at path: String) throws {
    let socket = try ScratchSocket.bound(to: .unix(path: path))
    _ = socket
}

/// The error of an attempt to listen.
func bindError(_ binds: BindAddress..., options: SocketOptions = SocketOptions()) -> BindError? {
    #expect(throws: BindError.self) {
        let set = try ListenerSet.open(binds, options: options, activated: nil)
        set.close()
        set.removeSocketFiles()
    }
}
