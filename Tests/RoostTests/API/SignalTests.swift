import CLinux
import Glibc
import HTTPWire
import NIOCore
import Testing

@testable import Roost

/// In processes of their own: a signal is for a whole process.
@Suite("Signals", .timeLimit(.minutes(1)))
struct SignalTests {
    /// Serves an application that holds `/held` until it is cancelled; `body` runs when it has started.
    private static func serveUntilStopped(
        _ trigger: ShutdownTrigger?, gracefulTimeout: Duration = .seconds(10), drainDelay: Duration = .zero, cancelled: Watched<Bool> = Watched(false),
        phase: Watched<ServePhase> = Watched(.starting),
        _ body: @escaping @Sendable (Endpoint) throws -> Void
    ) async throws {
        let directory = TemporaryDirectory()
        let app = httpApp { scope, _, send in
            if scope.rawPath == "/held" {
                do { try await Task.sleep(for: .seconds(60)) } catch { cancelled.value = true }
            }
            try await send.answer("hello")
        }
        let config = testConfig(bind: .unix(path: directory.path + "/a.sock")) {
            $0.gracefulTimeout = gracefulTimeout
            $0.drainDelay = drainDelay
            $0.onPhase = { new, _ in phase.value = new }
        }
        try await withThrowingTaskGroup(of: Void.self) { nursery in
            let binds = try await nursery.start { try await serve(app, config, shutdownTrigger: trigger, taskStatus: $0) }
            try await onClientThread { try body(binds[0].endpoint) }
            try await nursery.waitForAll()
        }
        guard !directory.holds("a.sock") else { throw Deliberate() }
    }

    /// What is done on a signal, as a number to compare.
    private static func disposition(_ signal: Int32) -> Int {
        var action = sigaction()
        sigaction(signal, nil, &action)
        return unsafeBitCast(action.__sigaction_handler, to: Int.self)
    }

    @Test("without a trigger SIGTERM stops the server in order, and the earlier disposition is put back")
    func terminate() async {
        await #expect(processExitsWith: .success) {
            let before = SignalTests.disposition(SIGTERM)
            try await SignalTests.serveUntilStopped(nil) { endpoint in
                let client = try RawClient(endpoint)
                guard try client.ask("/").text == "hello" else { throw Deliberate() }
                guard SignalTests.disposition(SIGTERM) != before else { throw Deliberate() }
                kill(getpid(), SIGTERM)
                guard try client.isClosed() else { throw Deliberate() }
            }
            guard SignalTests.disposition(SIGTERM) == before else { throw Deliberate() }
        }
    }

    @Test("clients may come for the drain delay yet, which a second signal cuts short")
    func drainDelay() async {
        await #expect(processExitsWith: .success) {
            let phase = Watched(ServePhase.starting)
            try await SignalTests.serveUntilStopped(nil, drainDelay: .seconds(3600), phase: phase) { endpoint in
                kill(getpid(), SIGTERM)
                try phase.wait { $0 == .draining }
                guard try RawClient(endpoint).ask("/").text == "hello" else { throw Deliberate() }
                kill(getpid(), SIGTERM)
            }
        }
    }

    @Test("SIGINT does the same, and a handler of one's own is back afterwards")
    func interrupt() async {
        await #expect(processExitsWith: .success) {
            signal(SIGINT, SIG_IGN)
            for _ in 0..<2 {
                try await SignalTests.serveUntilStopped(nil) { _ in kill(getpid(), SIGINT) }
                guard SignalTests.disposition(SIGINT) == 1 else { throw Deliberate() }
            }
        }
    }

    @Test("other signals can be named, and are then the only ones")
    func others() async {
        await #expect(processExitsWith: .success) {
            let before = SignalTests.disposition(SIGTERM)
            try await SignalTests.serveUntilStopped(.onSignals(SIGUSR1)) { _ in
                guard SignalTests.disposition(SIGTERM) == before else { throw Deliberate() }
                kill(getpid(), SIGUSR1)
            }
        }
    }

    @Test("with .never, signals are left alone: SIGTERM ends the process as ever")
    func never() async {
        await #expect(processExitsWith: .signal(SIGTERM)) {
            // On TCP: a process that dies so removes no files.
            let status = TaskStatus<[BoundAddress]> { _ in kill(getpid(), SIGTERM) }
            try await serve(Apps.hello, testConfig(bind: .anyLoopbackPort), shutdownTrigger: .never, taskStatus: status)
        }
    }

    @Test("a trigger of one's own leaves signals alone too")
    func ownTrigger() async {
        await #expect(processExitsWith: .success) {
            let before = [SIGTERM, SIGINT].map(SignalTests.disposition)
            let stop = Gate()
            try await SignalTests.serveUntilStopped(.when { await stop.opened() }) { _ in
                guard [SIGTERM, SIGINT].map(SignalTests.disposition) == before else { throw Deliberate() }
                stop.open()
            }
        }
    }

    @Test("a second signal cuts what is still in flight")
    func second() async {
        await #expect(processExitsWith: .success) {
            let cancelled = Watched(false)
            try await SignalTests.serveUntilStopped(nil, gracefulTimeout: .seconds(50), cancelled: cancelled) { endpoint in
                let (idle, busy) = (try RawClient(endpoint), try RawClient(endpoint))
                try busy.send("GET /held HTTP/1.1\r\nhost: a\r\n\r\n")
                guard try idle.ask("/").text == "hello" else { throw Deliberate() }
                kill(getpid(), SIGTERM)
                guard try idle.isClosed() else { throw Deliberate() }
                guard busy.staysSilent(milliseconds: 50) else { throw Deliberate() }
                kill(getpid(), SIGTERM)
                guard try busy.isClosed() else { throw Deliberate() }
            }
            guard cancelled.value else { throw Deliberate() }
        }
    }

    @Test("two servers in one process both stop on one signal, and the last puts the disposition back")
    func twoServers() async {
        await #expect(processExitsWith: .success) {
            let before = SignalTests.disposition(SIGTERM)
            let up = Watched(0)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<2 {
                    group.addTask {
                        try await SignalTests.serveUntilStopped(nil) { _ in
                            up.add()
                            try up.wait { $0 == 2 }
                        }
                    }
                }
                group.addTask {
                    try await onClientThread {
                        try up.wait { $0 == 2 }
                        kill(getpid(), SIGTERM)
                    }
                }
                try await group.waitForAll()
            }
            guard SignalTests.disposition(SIGTERM) == before else { throw Deliberate() }
        }
    }

    @Test("a signal during the startup ends it")
    func duringStartup() async {
        await #expect(processExitsWith: .success) {
            let app: ASGIFramework = { _, receive, _ in
                _ = try await receive()
                kill(getpid(), SIGTERM)
                try await Task.sleep(for: .seconds(60))
            }
            try await serve(app, testConfig(bind: .anyLoopbackPort))
        }
    }
}
