import Glibc
import Logging
import Systemd
import Testing

@testable import Roost

@Suite("Sockets that are opened before root's rights are given up")
struct PrivilegedListenersTests {
    private let directory: ScratchDirectory
    private let heir = SocketHeir(user: geteuid(), group: getegid())

    init() throws { directory = try ScratchDirectory() }

    private func config(_ binds: Bind..., configure: (inout Config) -> Void = { _ in }) -> Config {
        var config = Config()
        config.bind = binds
        config.bindSettings = Dictionary(binds.map { ($0.address.description, "--bind") }) { first, _ in first }
        configure(&config)
        return config
    }

    private func open(_ config: Config, heir: SocketHeir? = nil, isRoots: (String) -> Bool = { _ in true }) throws -> PrivilegedListeners {
        try PrivilegedListeners(config, passed: nil, heir: heir ?? self.heir, isRoots: isRoots)
    }

    private func inode(_ path: String) -> ino_t? { fileStatus(path)?.st_ino }

    @Test("are those whose file only root can make; they listen at once, and are the service's own")
    func handedOver() throws {
        let (own, others) = (directory.file("own.sock"), directory.file("others.sock"))
        let config = config(.unix(path: others), .unix(path: own), .tcp(host: "127.0.0.1", port: 0))
        let early = try open(config) { $0 == own }
        #expect(early.sockets.count == 1 && directory.names == ["own.sock"])
        #expect(ScratchSocket.connected(to: .unix(path: own)) != nil)
        let inode = inode(own)

        let listeners = OpenListeners(config, early: early.sockets)
        #expect(try listeners.open().map(\.endpoint.host) == [others, own, "127.0.0.1"])
        let set = try listeners.set()
        #expect(set.listeners[1].descriptor == early.sockets[0].descriptor && set.listeners.allSatisfy(\.isOwn))
        #expect(self.inode(own) == inode)
        listeners.close()
        #expect(directory.names.isEmpty)
    }

    @Test("those of others are left to them")
    func others() throws {
        let (own, others) = (directory.file("own.sock"), directory.file("others.sock"))
        let (early, taken) = (try open(config(.unix(path: own))), try open(config(.unix(path: others))))
        let listeners = OpenListeners(own: config(.unix(path: others)), early: early.sockets + taken.sockets)
        #expect(try listeners.open().map(\.endpoint.host) == [others])
        listeners.close()
        #expect(directory.names == ["own.sock"])
        early.close()
        #expect(directory.names.isEmpty)
    }

    @Test("are all opened or none, and the error says where the address was asked for")
    func failure() throws {
        let live = directory.file("live.sock")
        let holder = try ScratchListeners(.unix(path: live))
        defer { withExtendedLifetime(holder) {} }
        let error = try #require(throws: BindError.self) { _ = try open(config(.unix(path: directory.file("own.sock")), .unix(path: live))) }
        #expect(error.code == EADDRINUSE && error.setting == "--bind")
        #expect(error.description.hasSuffix("stop that process or choose another path (--bind)"))
        #expect(directory.names == ["live.sock"])
    }

    @Test("what was opened stands in no other bind's way, but for the same address")
    func twice() throws {
        let path = directory.file("own.sock")
        let error = try #require(throws: BindError.self) { _ = try open(config(.unix(path: path), .unix(path: path))) }
        #expect(error.reason == "it is given twice")
        #expect(directory.names.isEmpty)
    }

    @Test("parts: ports below 1024, and files in directories of root's")
    func parts() {
        var options = SocketOptions()
        func part(_ bind: BindAddress, isRoots: (String) -> Bool = { _ in true }) -> PrivilegedListeners.Part? { .init(bind, options, isRoots: isRoots) }
        let first = SocketHolder.firstUnprivilegedPort
        #expect(part(.tcp(host: "", port: first)) == nil && part(.tcp(host: "", port: 0)) == nil)
        #expect(part(.tcp(host: "", port: first - 1)) == (first > 1 ? .opens : nil))
        #expect(part(.unix(path: "/run/a.sock")) == .opens && part(.unix(path: "/run/a.sock")) { _ in false } == nil)
        #expect([.abstract(name: "a"), .descriptor(3), .systemd(name: nil)].allSatisfy { part($0) == nil })
        let missing = BindAddress.unix(path: directory.file("one/two/a.sock"))
        func isRoots(_ path: String) -> Bool { path == directory.file("new") }
        #expect(part(missing, isRoots: isRoots) == nil)
        options.makeDirectories = true
        #expect(part(missing, isRoots: isRoots) == .makesDirectory && part(missing) { _ in false } == nil)
    }

    @Test("a directory that is missing is made, for whom the process becomes to open the socket in it")
    func directories() throws {
        let path = directory.file("one/two/a.sock")
        let config = config(.unix(path: path)) { $0.socket.makeDirectories = true }
        let early = try open(config) { $0 == directory.file("new") }
        #expect(early.sockets.isEmpty && directory.names == ["one"] && !exists(path))
        #expect(fileStatus(directory.file("one/two")).map { [$0.st_uid, $0.st_gid] } == [heir.user, heir.group])
    }

    @Test("files are whom the process becomes, unless they are given to somebody else", .enabled(if: geteuid() == 0))
    func owners() throws {
        let path = directory.file("a.sock")
        for (group, expected) in [(nil, [7, 8]), ("9", [7, 9])] as [(String?, [UInt32])] {
            let early = try open(config(.unix(path: path)) { $0.socket.group = group }, heir: SocketHeir(user: 7, group: 8))
            #expect(fileStatus(path).map { [$0.st_uid, $0.st_gid] } == expected && mode(path) == 0o660)
            early.close()
        }
        let deep = directory.file("one/two/a.sock")
        let config = config(.unix(path: deep)) { $0.socket.makeDirectories = true }
        let early = try open(config, heir: SocketHeir(user: 7, group: 8)) { $0 == directory.file("new") }
        #expect(early.sockets.isEmpty)
        for made in ["one", "one/two"] { #expect(fileStatus(directory.file(made)).map { [$0.st_uid, $0.st_gid] } == [7, 8]) }
    }
}
