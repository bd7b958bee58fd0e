import Glibc
import Systemd
import Testing

@testable import Roost

@Suite("Trying out where to listen")
struct ListenTrialTests {
    private let directory: ScratchDirectory

    init() throws {
        directory = try ScratchDirectory()
    }

    private func trial(_ binds: [Bind], _ configure: (inout Config) -> Void = { _ in }) -> ListenTrial {
        var config = Config()
        config.bind = binds
        configure(&config)
        return ListenTrial(config, activated: ListenDescriptors(descriptors: []))
    }

    @Test("what can be had is right, and nothing stays behind")
    func right() throws {
        try leaveStaleSocket(at: directory.file("stale.sock"))
        let names = ScratchDirectory.names(in: directory.path)
        let binds: [Bind] = [
            .unix(path: directory.file("a.sock")), .unix(path: directory.file("stale.sock")), .tcp(host: "127.0.0.1", port: 0),
            .abstract(name: "roost-trial-\(getpid())"),
        ]
        for _ in 0..<2 { #expect(trial(binds).problems.isEmpty) }
        #expect(ScratchDirectory.names(in: directory.path) == names)
    }

    @Test("everything that is wrong is found, with who has an address")
    func wrong() throws {
        let live = directory.file("live.sock")
        var config = Config()
        config.bind = [.unix(path: live), .tcp(host: "127.0.0.1", port: 0)]
        let set = try ListenerSet.open(config.bind.map(\.address), options: config.socket, activated: nil)
        defer {
            set.removeSocketFiles()
            set.close()
        }
        let port = try #require(set.listeners.last?.address.endpoint.port)
        close(open(directory.file("file"), O_CREAT | O_WRONLY, 0o600))
        let problems = trial([
            .unix(path: live), .tcp(host: "127.0.0.1", port: port), .unix(path: directory.file("none/x.sock")), .unix(path: directory.file("file")),
            .descriptor(9999),
        ]) { $0.socket.group = "no such group" }.problems
        #expect(problems.map(\.code) == [nil, EADDRINUSE, EADDRINUSE, ENOENT, EEXIST, problems.last?.code])
        #expect(problems.map { $0.reason.contains("no such group") } == [true, false, false, false, false, false])
        #expect(problems[1].holder == getpid() && problems[2].holder == getpid())
        #expect(problems[5].address == "fd://9999")
        #expect(Set(ScratchDirectory.names(in: directory.path)) == ["live.sock", "file"])
    }

    @Test("two binds that want the same are a problem, though each could be had")
    func conflict() {
        let bind = Bind.unix(path: directory.file("a.sock"))
        #expect(trial([bind, bind]).problems.map(\.reason) == ["it is given twice"])
    }

    @Test("directories that are to be made are not, but must be possible")
    func directories() {
        #expect(trial([.unix(path: directory.file("one/two/a.sock"))]) { $0.socket.makeDirectories = true }.problems.isEmpty)
        #expect(directory.names.isEmpty)
        close(open(directory.file("file"), O_CREAT | O_WRONLY, 0o600))
        let impossible = trial([.unix(path: directory.file("file/one/a.sock"))]) { $0.socket.makeDirectories = true }.problems
        #expect(impossible.map(\.reason) == ["\(directory.file("file/one")) is not a directory"])
    }

    @Test("sockets of systemd, of which there are none here, are not tried")
    func systemd() {
        let trial = trial([.systemd(name: "web"), .unix(path: directory.file("a.sock")), .systemd(name: nil)])
        #expect(trial.problems.isEmpty)
        #expect(trial.untried == [.systemd(name: "web"), .systemd(name: nil)])
    }

    @Test("a configuration has all of its problems")
    func configuration() {
        var config = Config()
        config.eventLoops = 0
        (config.allowPeerUser, config.allowPeerGroup) = (["root", "no one", "nobody else"], ["no group"])
        #expect(config.problems.map(\.value) == ["0", "no one", "nobody else", "no group"])
        #expect(Config().problems.isEmpty)
    }
}
