import Glibc
import HTTPWire
import NIOCore
import ServiceLifecycle
import Testing

@testable import Roost

@Suite("Shutdown", .timeLimit(.minutes(1)))
struct ShutdownTests {
    /// Waits until a gate opens, and then answers.
    private func held(by gate: Gate, inside: Gate) -> ASGIFramework {
        httpApp { _, _, send in
            inside.open()
            await gate.opened()
            try await send.answer("in time")
        }
    }

    @Test("a trigger that throws makes serve throw the same, after the shutdown")
    func triggerThrows() async throws {
        let directory = TemporaryDirectory()
        let phases = Watched<[ServePhase]>([])
        let config = testConfig(bind: .unix(path: directory.path + "/a.sock")) { $0.onPhase = { phase, _ in phases.change { $0.append(phase) } } }
        let started = Gate()
        await #expect(throws: Deliberate.self) {
            try await serve(
                Apps.hello, config,
                shutdownTrigger: .when {
                    await started.opened()
                    throw Deliberate()
                },
                taskStatus: TaskStatus { _ in started.open() }
            )
        }
        #expect(phases.value.suffix(2) == [.draining, .stopping])
        #expect(!directory.holds("a.sock"))
    }

    @Test("a trigger that returns at once stops the server in order")
    func immediate() async throws {
        let directory = TemporaryDirectory()
        try await serve(Apps.hello, testConfig(bind: .unix(path: directory.path + "/a.sock")), shutdownTrigger: .when {})
        #expect(!directory.holds("a.sock"))
    }

    @Test("a trigger that returns during the startup ends the startup, without a bind")
    func duringStartup() async throws {
        let (asked, started) = (Gate(), Watched(0))
        let app: ASGIFramework = { _, receive, _ in
            _ = try await receive()
            asked.open()
            try await Task.sleep(for: .seconds(60))
        }
        try await serve(
            app, testConfig(bind: .anyLoopbackPort), shutdownTrigger: .when { await asked.opened() }, taskStatus: TaskStatus { _ in started.add() }
        )
        #expect(started.value == 0)
    }

    @Test("cancellation lets what is in flight finish, and then is thrown")
    func cancellation() async throws {
        let directory = TemporaryDirectory()
        let (gate, inside) = (Gate(), Gate())
        let config = testConfig(bind: .unix(path: directory.path + "/a.sock"))
        let app = held(by: gate, inside: inside)
        let binds = Watched<[BoundAddress]>([])
        let server = Task {
            try await serve(app, config, shutdownTrigger: .never, taskStatus: TaskStatus { binds.value = $0 })
        }
        try await onClientThread {
            let endpoint = try binds.wait { !$0.isEmpty }[0].endpoint
            let (idle, client) = (try RawClient(endpoint), try RawClient(endpoint))
            try client.send("GET / HTTP/1.1\r\nhost: a\r\n\r\n")
            try inside.wait()
            server.cancel()
            #expect(try idle.isClosed())
            gate.open()
            let response = try client.response()
            #expect(response.text == "in time" && response.closes)
            #expect(try client.isClosed())
        }
        await #expect(throws: CancellationError.self) { try await server.value }
        #expect(!directory.holds("a.sock"))
    }

    @Test("cancellation still runs the application's shutdown to its end")
    func cancellationRunsShutdown() async throws {
        let (started, done) = (Gate(), Watched(false))
        let app: ASGIFramework = { _, receive, send in
            _ = try await receive()
            try await send(.lifespanStartupComplete)
            _ = try await receive()
            try await Task.sleep(for: .milliseconds(20))
            done.value = true
            try await send(.lifespanShutdownComplete)
        }
        let server = Task {
            try await serve(app, testConfig(bind: .anyLoopbackPort), shutdownTrigger: .never, taskStatus: TaskStatus { _ in started.open() })
        }
        await started.opened()
        server.cancel()
        await #expect(throws: CancellationError.self) { try await server.value }
        #expect(done.value)
    }

    @Test("serve called in a task that is cancelled already stops in order")
    func cancelledBefore() async throws {
        let directory = TemporaryDirectory()
        let config = testConfig(bind: .unix(path: directory.path + "/a.sock"))
        let server = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            try await serve(Apps.hello, config, shutdownTrigger: .never)
        }
        await #expect(throws: CancellationError.self) { try await server.value }
        #expect(!directory.holds("a.sock"))
    }

    @Test("idle connections close; a request in flight finishes, and its answer says close")
    func drain() async throws {
        let (gate, inside) = (Gate(), Gate())
        let app = httpApp { scope, _, send in
            if scope.rawPath == "/held" {
                inside.open()
                await gate.opened()
            }
            try await send.answer("in time")
        }
        try await serving(app) { served in
            let (idle, fresh, busy) = (try served.connect(), try served.connect(), try served.connect())
            #expect(try idle.ask("/").closes == false)
            try busy.send("GET /held HTTP/1.1\r\nhost: a\r\n\r\n")
            try inside.wait()
            served.stop()
            #expect(try idle.isClosed())
            #expect(try fresh.isClosed())
            #expect(!served.ended.isOpen)
            gate.open()
            let response = try busy.response()
            #expect(response.text == "in time" && response.closes)
            #expect(try busy.isClosed())
            try served.ended.wait()
        }
    }

    @Test("nobody can connect any more once the drain has begun")
    func refuses() async throws {
        let (gate, inside, draining) = (Gate(), Gate(), Gate())
        let app = held(by: gate, inside: inside)
        try await serving(app, { $0.onPhase = { phase, _ in if phase == .draining { draining.open() } } }) { served in
            let busy = try served.connect()
            try busy.send("GET /held HTTP/1.1\r\nhost: a\r\n\r\n")
            try inside.wait()
            served.stop()
            try draining.wait()
            try Watched(0).wait { _ in (try? served.connect()) == nil }
            gate.open()
            #expect(try busy.response().text == "in time")
        }
    }

    @Test("the graceful timeout cuts what is still being streamed, and cancels its application")
    func gracefulTimeout() async throws {
        let (cancelled, inside) = (Watched(false), Gate())
        let app = httpApp { _, _, send in
            try await send.start()
            try await send.piece("begun")
            inside.open()
            do { try await Task.sleep(for: .seconds(60)) } catch { cancelled.value = true }
        }
        try await serving(app, { $0.gracefulTimeout = .milliseconds(100) }) { served in
            let client = try served.connect()
            try client.send("GET / HTTP/1.1\r\nhost: a\r\n\r\n")
            try inside.wait()
            served.stop()
            #expect(throws: ResponseError.self) { try client.response() }
            try cancelled.waitUntilTrue()
            try served.ended.wait()
            try served.logged("graceful timeout")
        }
    }

    @Test("a server whose application does not heed cancellation returns all the same")
    func stubborn() async throws {
        let (gate, inside) = (Gate(), Gate())
        let app = httpApp { _, _, send in
            inside.open()
            await Task.detached { await gate.opened() }.value
            try await send.answer("too late")
        }
        try await serving(app, { $0.gracefulTimeout = .milliseconds(50) }) { served in
            let client = try served.connect()
            try client.send("GET / HTTP/1.1\r\nhost: a\r\n\r\n")
            try inside.wait()
            served.stop()
            try served.ended.wait()
            gate.open()
        }
    }

    @Test("requests that are in the socket's buffer when the drain begins are answered")
    func inTheBuffer() async throws {
        let (blocked, go) = (Gate(), Gate())
        let app = httpApp { scope, _, send in
            if scope.rawPath == "/block" {
                blocked.open()
                try go.wait()
            }
            try await send.answer(scope.rawPath)
        }
        try await serving(app) { served in
            let (blocker, known) = (try served.connect(), try served.connect())
            #expect(try known.ask("/known").text == "/known")
            try blocker.send("GET /block HTTP/1.1\r\nhost: a\r\n\r\n")
            try blocked.wait()
            // The loop is held up: what is sent now lies in the buffer, and who connects now waits in the backlog.
            try known.send("GET /buffered HTTP/1.1\r\nhost: a\r\n\r\n")
            let waiting = try (0..<100).map { number in
                let client = try served.connect()
                try client.send("GET /\(number) HTTP/1.1\r\nhost: a\r\n\r\n")
                return client
            }
            served.stop()
            usleep(50_000)
            go.open()
            #expect(try blocker.response().text == "/block")
            #expect(try known.response().text == "/buffered")
            #expect(try known.isClosed())
            for (number, client) in waiting.enumerated() {
                #expect(try client.response().text == "/\(number)")
                #expect(try client.isClosed())
            }
            try served.ended.wait()
        }
    }

    @Test("an upload that is under way when the drain begins is finished")
    func upload() async throws {
        try await serving(Apps.echo) { served in
            let (idle, client) = (try served.connect(), try served.connect())
            try client.send("POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 10\r\nexpect: 100-continue\r\n\r\n")
            #expect(try client.response().status == 100)
            try client.send("01234")
            served.stop()
            #expect(try idle.isClosed())
            try client.send("56789")
            let response = try client.response()
            #expect(response.text == "0123456789" && response.closes)
        }
    }

    @Test("a service in a group serves until the group shuts down gracefully")
    func service() async throws {
        let directory = TemporaryDirectory()
        let binds = Watched<[BoundAddress]>([])
        let service = RoostService(
            .asgi(Apps.hello), testConfig(bind: .unix(path: directory.path + "/a.sock")), taskStatus: TaskStatus { binds.value = $0 }
        )
        let log = LogCapture()
        let group = ServiceGroup(configuration: .init(services: [.init(service: service)], logger: log.logger))
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            try await onClientThread {
                let endpoint = try binds.wait { !$0.isEmpty }[0].endpoint
                #expect(try RawClient(endpoint).ask("/").text == "hello")
            }
            await group.triggerGracefulShutdown()
            do { try await tasks.waitForAll() } catch let error as ServiceGroupError {
                // A group counts a service that returns as the end of all, even when it has asked for it.
                Issue.record("\(error)")
            }
        }
        #expect(!directory.holds("a.sock"))
    }
}
