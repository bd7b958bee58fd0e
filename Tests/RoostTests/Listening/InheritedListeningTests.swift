import CLinux
import Glibc
import Systemd
import Testing

@testable import Roost

@Suite("Listening on inherited sockets")
struct InheritedListeningTests {
    let directory: ScratchDirectory
    var path: String { directory.file("web.sock") }

    init() throws { directory = try ScratchDirectory() }

    /// What systemd would have passed.
    private func activated(_ sockets: (ScratchSocket, String)...) -> ListenDescriptors {
        ListenDescriptors(descriptors: sockets.map { .init(number: $0.descriptor, name: $1) })
    }

    private func open(_ binds: BindAddress..., activated: ListenDescriptors?) throws -> ListenerSet {
        try ListenerSet.open(binds, options: SocketOptions(), activated: activated)
    }

    private func refusal(_ binds: BindAddress..., activated: ListenDescriptors?) -> BindError? {
        #expect(throws: BindError.self) { _ = try ListenerSet.open(binds, options: SocketOptions(), activated: activated) }
    }

    /// A descriptor that the set may close, beside the one that the test keeps.
    private func copy(_ socket: ScratchSocket) -> Int32 { dup(socket.descriptor) }

    // MARK: - fd://N

    @Test("a socket under a number is used, and told by the address it has")
    func number() throws {
        let socket = try ScratchSocket.bound(to: .v4(address: 0x7f00_0001, port: 0))
        let number = copy(socket)
        let set = try open(.descriptor(number), activated: nil)
        let listener = try #require(set.listeners.first)
        #expect(listener.descriptor == number && !listener.isOwn && !listener.isUnix && listener.needsNoDelay)
        #expect(listener.address.endpoint == Endpoint(localOf: socket.descriptor) && listener.address.name == nil)
        set.close()
        #expect(fcntl(number, F_GETFD) < 0)
    }

    @Test("an inherited TCP socket that hands TCP_NODELAY on needs it no more")
    func noDelay() throws {
        let socket = try ScratchSocket.bound(to: .v4(address: 0x7f00_0001, port: 0))
        try #require(SocketCalls.set(TCP_NODELAY, of: SocketCalls.tcp, on: socket.descriptor, to: 1) == 0)
        let set = try open(.descriptor(copy(socket)), activated: nil)
        #expect(set.listeners.first?.needsNoDelay == false)
        set.close()
    }

    @Test("a descriptor that is no listening stream socket is named for what it is")
    func wrongKinds() throws {
        let listening = try ScratchSocket.bound(to: .unix(path: path))
        let client = try #require(ScratchSocket.connected(to: .unix(path: path)))
        let idle = ScratchSocket(AF_INET)
        let datagram = ScratchSocket(AF_UNIX, type: SOCK_DGRAM)
        let file = ScratchSocket(taking: Glibc.open(directory.file("file"), O_CREAT | O_RDWR, 0o600))
        var ends: [Int32] = [0, 0]
        try #require(pipe(&ends) == 0 && listening.descriptor >= 0)
        let pipes = ends.map { ScratchSocket(taking: $0) }
        let kinds: [(ScratchSocket, String)] = [
            (client, "a connected stream socket"), (idle, "a stream socket that does not listen"), (datagram, "a datagram socket"),
            (file, "a regular file (\(directory.file("file")))"), (pipes[0], "a pipe"),
        ]
        for (descriptor, kind) in kinds {
            let number = descriptor.descriptor
            let error = try #require(refusal(.descriptor(number), activated: nil))
            #expect(error.address == "fd://\(number)")
            #expect(error.reason == "descriptor \(number) is \(kind), expected a stream socket that listens")
            #expect(error.hint != nil && fcntl(number, F_GETFD) >= 0)
        }
        let error = try #require(refusal(.descriptor(987_654), activated: nil))
        #expect(error.reason == "descriptor 987654 is not open, expected a stream socket that listens")
    }

    // MARK: - systemd:

    @Test("systemd: is every socket in its order, with its name")
    func all() throws {
        let web = try ScratchSocket.bound(to: .unix(path: path))
        let admin = try ScratchSocket.bound(to: .v4(address: 0x7f00_0001, port: 0))
        let passed = ListenDescriptors(descriptors: [.init(number: copy(web), name: "web"), .init(number: copy(admin), name: "admin")])
        let set = try open(.systemd(name: nil), activated: passed)
        #expect(set.listeners.map(\.address.name) == ["web", "admin"])
        #expect(set.listeners.map(\.address.endpoint.host) == [path, "127.0.0.1"])
        #expect(set.listeners.allSatisfy { !$0.isOwn })
        set.close()
    }

    @Test("systemd:NAME is every socket of that name; together with own binds, in the order of the binds")
    func named() throws {
        let sockets = try (0..<3).map { try ScratchSocket.bound(to: .unix(path: directory.file("\($0).sock"))) }
        let passed = ListenDescriptors(descriptors: zip(sockets, ["web", "admin", "web"]).map { .init(number: copy($0), name: $1) })
        let set = try open(
            .systemd(name: "admin"), .unix(path: directory.file("own.sock")), .systemd(name: "web"), activated: passed)
        #expect(set.listeners.map(\.address.endpoint.host) == ["1.sock", "own.sock", "0.sock", "2.sock"].map { directory.file($0) })
        #expect(set.listeners.map(\.isOwn) == [false, true, false, false])
        set.closeOwn()
        #expect(ScratchSocket.connected(to: .unix(path: directory.file("own.sock"))) == nil)
        #expect(ScratchSocket.connected(to: .unix(path: directory.file("0.sock"))) != nil)
        set.removeSocketFiles()
        set.close()
        #expect(directory.names == ["0.sock", "1.sock", "2.sock"])
    }

    @Test("fd://N may name an activated socket, which then has its name")
    func numberOfActivated() throws {
        let web = try ScratchSocket.bound(to: .unix(path: path))
        let number = copy(web)
        let set = try open(.descriptor(number), activated: ListenDescriptors(descriptors: [.init(number: number, name: "web")]))
        #expect(set.listeners.map(\.address.name) == ["web"])
        set.close()
    }

    @Test("nothing passed is an error that says how to get something", arguments: [nil, ListenDescriptors(descriptors: [])])
    func nothing(passed: ListenDescriptors?) throws {
        for bind in [BindAddress.systemd(name: nil), .systemd(name: "web")] {
            let error = try #require(refusal(bind, activated: passed))
            #expect(error.address == bind.description && error.reason == "systemd passed no sockets to this process")
            #expect(error.hint?.contains("socket unit") == true)
        }
    }

    @Test("an unknown name is an error that lists the names that came")
    func unknownName() throws {
        let web = try ScratchSocket.bound(to: .unix(path: path))
        let error = try #require(refusal(.systemd(name: "wbe"), activated: activated((web, "web"))))
        #expect(error.description.hasPrefix("cannot listen on systemd:wbe: systemd passed no socket of this name, only web; "))
    }

    @Test("a socket that no bind names is an error: nothing is silently ignored")
    func unnamed() throws {
        let web = try ScratchSocket.bound(to: .unix(path: path))
        let admin = try ScratchSocket.bound(to: .unix(path: directory.file("admin.sock")))
        let error = try #require(refusal(.systemd(name: "web"), activated: activated((web, "web"), (admin, "admin"))))
        #expect(error.address == "systemd:admin")
        #expect(error.reason == "systemd passed unix:\(directory.file("admin.sock")) (descriptor \(admin.descriptor), admin), which no bind names")
        #expect(refusal(.tcp(host: "127.0.0.1", port: 0), activated: activated((web, "web")))?.address == "systemd:web")
    }

    @Test("one socket named by two binds is an error")
    func twice() throws {
        let web = try ScratchSocket.bound(to: .unix(path: path))
        let passed = activated((web, "web"))
        let error = try #require(refusal(.systemd(name: nil), .systemd(name: "web"), activated: passed))
        #expect(error.address == "systemd:web")
        #expect(error.reason.hasPrefix("this bind names a socket that the bind systemd: names too (descriptor \(web.descriptor), "))
        #expect(refusal(.descriptor(web.descriptor), .descriptor(web.descriptor), activated: nil)?.reason.contains("given twice") == true)
        let second = ScratchSocket(taking: copy(web))
        #expect(refusal(.descriptor(web.descriptor), .descriptor(second.descriptor), activated: nil)?.address == "fd://\(second.descriptor)")
    }

    @Test("an own bind for an activated socket's address is an error that names both")
    func conflict() throws {
        let web = try ScratchSocket.bound(to: .unix(path: path))
        let tcp = try ScratchSocket.bound(to: .v4(address: 0, port: 0))
        let port = try #require(Endpoint(localOf: tcp.descriptor)?.port)
        let passed = activated((web, "web"), (tcp, "http"))
        let binds: [(BindAddress, String)] = [
            (.unix(path: path), "descriptor \(web.descriptor) (systemd:web) has unix:\(path) already"),
            (.unix(path: directory.path + "/../" + path.dropFirst("/tmp/".count)), "descriptor \(web.descriptor) (systemd:web) has unix:\(path) already"),
            (.tcp(host: "127.0.0.1", port: port), "descriptor \(tcp.descriptor) (systemd:http) has 0.0.0.0:\(port) already"),
            (.tcp(host: "", port: port), "descriptor \(tcp.descriptor) (systemd:http) has 0.0.0.0:\(port) already"),
        ]
        for (bind, reason) in binds {
            let error = try #require(refusal(.systemd(name: nil), bind, activated: passed))
            #expect(error.address == bind.description && error.reason == reason)
        }
        #expect(exists(path))
    }

    @Test("[::] beside an activated IPv4 socket of the same port leaves IPv4 to it")
    func v6Beside() throws {
        let tcp = try ScratchSocket.bound(to: .v4(address: 0, port: 0))
        let port = try #require(Endpoint(localOf: tcp.descriptor)?.port)
        let set = try open(
            .systemd(name: nil), .tcp(host: "::", port: port), activated: ListenDescriptors(descriptors: [.init(number: copy(tcp), name: "http")]))
        #expect(set.listeners.map(\.address.endpoint.host) == ["0.0.0.0", "::"])
        set.close()
    }

    // MARK: - Left as they are

    @Test("an activated socket keeps its file, mode, options and queue to the end and beyond")
    func leftAlone() throws {
        let web = try ScratchSocket.bound(to: .unix(path: path))
        chmod(path, 0o620)
        let before = try #require(fileStatus(path))
        let waiting = ScratchSocket.connected(to: .unix(path: path))
        let set = try open(.systemd(name: nil), activated: ListenDescriptors(descriptors: [.init(number: copy(web), name: "web")]))
        set.closeOwn()
        set.removeSocketFiles()
        set.close()
        let after = try #require(fileStatus(path))
        #expect(after.st_ino == before.st_ino && after.st_mode == before.st_mode && after.st_uid == before.st_uid)
        // Who waited in the queue is served by whoever has the socket next.
        let served = ScratchSocket(taking: accept(web.descriptor, nil, nil))
        #expect(waiting != nil && served.descriptor >= 0)
    }

    @Test("two flags are set on an inherited socket: O_NONBLOCK and close-on-exec")
    func flags() throws {
        let web = try ScratchSocket.bound(to: .unix(path: path))
        let set = try open(.descriptor(copy(web)), activated: nil)
        let number = set.listeners[0].descriptor
        #expect(fcntl(number, F_GETFL) & O_NONBLOCK != 0 && fcntl(number, F_GETFD) & FD_CLOEXEC != 0)
        #expect(fcntl(web.descriptor, F_GETFD) & FD_CLOEXEC == 0)
        set.close()
    }

    @Test("when another bind fails, an inherited socket is neither closed nor changed")
    func failure() throws {
        let web = try ScratchSocket.bound(to: .unix(path: path))
        let number = web.descriptor
        #expect(refusal(.descriptor(number), .unix(path: directory.file("own.sock")), .tcp(host: "192.0.2.77", port: 0), activated: nil) != nil)
        #expect(fcntl(number, F_GETFL) & O_NONBLOCK == 0 && fcntl(number, F_GETFD) & FD_CLOEXEC == 0)
        #expect(directory.names == ["web.sock"])
    }
}
