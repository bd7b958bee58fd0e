import Glibc
import HTTPWire
import NIOCore
import Testing

@testable import Roost

@Suite("The application's lifespan", .timeLimit(.minutes(1)))
struct LifespanTests {
    /// Serves `lifespan` until it has started, stops, and gives what came of it.
    private func run(
        _ policy: LifespanPolicy = .auto, log: LogCapture = LogCapture(), _ configure: (inout Config) -> Void = { _ in },
        _ lifespan: @escaping @Sendable (LifespanScope, ASGIReceive, ASGISend) async throws -> Void
    ) async -> (started: Bool, error: (any Error)?) {
        let app: ASGIFramework = { scope, receive, send in
            switch scope {
            case .lifespan(let scope): try await lifespan(scope, receive, send)
            case .http, .websocket: try await send.answer("hello")
            }
        }
        let (started, stop) = (Watched(false), Gate())
        let config = testConfig(bind: .anyLoopbackPort, log: log) {
            $0.lifespan = policy
            configure(&$0)
        }
        do {
            let status = TaskStatus<[BoundAddress]> { _ in
                started.value = true
                stop.open()
            }
            try await serve(app, config, shutdownTrigger: .when { await stop.opened() }, taskStatus: status)
            return (started.value, nil)
        } catch {
            return (started.value, error)
        }
    }

    @Test("an application that throws before it asks for an event is served without a lifespan under auto")
    func autoWithout() async {
        let log = LogCapture()
        let outcome = await run(.auto, log: log) { _, _, _ in throw Deliberate() }
        #expect(outcome.started && outcome.error == nil)
        #expect(log.lines(containing: "no lifespan").count == 1 && log.errors.isEmpty)
    }

    @Test("the same fails the startup under on")
    func onWithout() async {
        let outcome = await run(.on) { _, _, _ in throw Deliberate() }
        #expect(!outcome.started)
        guard case LifespanError.threw(.startup, let cause)? = outcome.error else { return #expect(Bool(false), "\(outcome)") }
        #expect(cause is Deliberate)
    }

    @Test("under off the lifespan is not called")
    func off() async {
        let calls = Watched(0)
        let outcome = await run(.off) { _, _, _ in calls.add() }
        #expect(outcome.started && outcome.error == nil && calls.value == 0)
    }

    @Test("an application that returns before it asks for an event is served without", arguments: [LifespanPolicy.auto, .on])
    func returnsAtOnce(_ policy: LifespanPolicy) async {
        let outcome = await run(policy) { _, _, _ in }
        #expect(outcome.started && outcome.error == nil)
    }

    @Test("an application that throws after it asked fails the startup", arguments: [LifespanPolicy.auto, .on])
    func throwsAfterAsking(_ policy: LifespanPolicy) async {
        let outcome = await run(policy) { _, receive, _ in
            _ = try await receive()
            throw Deliberate()
        }
        #expect(!outcome.started)
        guard case LifespanError.threw(.startup, _)? = outcome.error else { return #expect(Bool(false), "\(outcome)") }
    }

    @Test("an application that returns after it asked, without an answer, fails the startup")
    func returnsAfterAsking() async {
        let outcome = await run { _, receive, _ in _ = try await receive() }
        #expect(!outcome.started)
        guard case LifespanError.returnedEarly(.startup)? = outcome.error else { return #expect(Bool(false), "\(outcome)") }
    }

    @Test("an application that says that it failed fails the startup with its message")
    func startupFailed() async {
        let outcome = await run { _, receive, send in
            _ = try await receive()
            try await send(.lifespanStartupFailed(message: "no database"))
        }
        #expect(!outcome.started)
        #expect(outcome.error.map { "\($0)" } == "the application's lifespan startup failed: no database")
    }

    @Test("a startup that takes too long fails, and its task is cancelled")
    func startupTimeout() async throws {
        let cancelled = Watched(false)
        let outcome = await run(.auto) {
            $0.startupTimeout = .milliseconds(50)
        } _: { _, receive, _ in
            _ = try await receive()
            defer { cancelled.value = true }
            try await Task.sleep(for: .seconds(60))
        }
        guard case LifespanError.timedOut(.startup, after: .milliseconds(50))? = outcome.error else { return #expect(Bool(false), "\(outcome)") }
        #expect(!outcome.started)
        try await onClientThread { try cancelled.waitUntilTrue() }
    }

    @Test("a startup that blocks its thread for too long fails in time")
    func blockedStartup() async throws {
        // In a process of its own, whose pool nobody else needs.
        await #expect(processExitsWith: .success) {
            let app: ASGIFramework = { _, receive, _ in
                _ = try await receive()
                usleep(20_000_000)
            }
            let config = testConfig(bind: .anyLoopbackPort) { $0.startupTimeout = .milliseconds(50) }
            let start = monotonicSeconds()
            do {
                try await serve(app, config, shutdownTrigger: .never)
            } catch LifespanError.timedOut(.startup, _) {
                guard monotonicSeconds() - start < 10 else { throw Deliberate() }
                return
            }
            throw Deliberate()
        }
    }

    @Test("an application that leaves its lifespan while serving is served on, and not told of the shutdown")
    func leaves() async {
        let log = LogCapture()
        let outcome = await run(log: log) { _, receive, send in
            _ = try await receive()
            try await send(.lifespanStartupComplete)
            throw Deliberate()
        }
        #expect(outcome.started && outcome.error == nil)
    }

    @Test("a shutdown that fails is thrown by serve, after everything else")
    func shutdownFailed() async {
        let outcome = await run { _, receive, send in
            _ = try await receive()
            try await send(.lifespanStartupComplete)
            _ = try await receive()
            try await send(.lifespanShutdownFailed(message: "flush failed"))
        }
        #expect(outcome.started)
        #expect(outcome.error.map { "\($0)" } == "the application's lifespan shutdown failed: flush failed")
    }

    @Test("a shutdown that throws or returns without an answer is thrown by serve", arguments: [true, false])
    func shutdownThrows(_ throwing: Bool) async {
        let outcome = await run { _, receive, send in
            _ = try await receive()
            try await send(.lifespanStartupComplete)
            _ = try await receive()
            if throwing { throw Deliberate() }
        }
        #expect(outcome.started)
        switch outcome.error as? LifespanError {
        case .threw(.shutdown, _): #expect(throwing)
        case .returnedEarly(.shutdown): #expect(!throwing)
        default: #expect(Bool(false), "\(outcome)")
        }
    }

    @Test("a shutdown that takes too long fails")
    func shutdownTimeout() async {
        let outcome = await run(.auto) {
            $0.shutdownTimeout = .milliseconds(50)
        } _: { _, receive, send in
            _ = try await receive()
            try await send(.lifespanStartupComplete)
            _ = try await receive()
            try await Task.sleep(for: .seconds(60))
        }
        guard case LifespanError.timedOut(.shutdown, _)? = outcome.error else { return #expect(Bool(false), "\(outcome)") }
    }

    @Test("an application may go on after it has answered the shutdown: its task ends")
    func afterShutdown() async throws {
        let ended = Watched(false)
        let outcome = await run { _, receive, send in
            _ = try await receive()
            try await send(.lifespanStartupComplete)
            _ = try await receive()
            try await send(.lifespanShutdownComplete)
            await Task.detached { try? await Task.sleep(for: .milliseconds(100)) }.value
            ended.value = true
        }
        #expect(outcome.error == nil)
        try await onClientThread { try ended.waitUntilTrue(seconds: 5) }
    }

    @Test("events that do not belong to the moment are errors to the application")
    func wrongEvents() async {
        let errors = Watched<[String]>([])
        let attempt = { @Sendable (send: ASGISend, event: ASGISendEvent) async in
            do { try await send(event) } catch { errors.change { $0.append("\(error)") } }
        }
        let outcome = await run { _, receive, send in
            _ = try await receive()
            await attempt(send, .lifespanShutdownComplete)
            await attempt(send, .httpResponseStart(status: 200))
            await attempt(send, .httpResponseBody())
            try await send(.lifespanStartupComplete)
            await attempt(send, .lifespanStartupComplete)
            await attempt(send, .lifespanStartupFailed(message: ""))
            _ = try await receive()
            try await send(.lifespanShutdownComplete)
            await attempt(send, .lifespanShutdownComplete)
            do { _ = try await receive() } catch { errors.change { $0.append("\(error)") } }
        }
        #expect(outcome.started && outcome.error == nil)
        #expect(errors.value.count == 7 && errors.value.allSatisfy { $0.hasPrefix("unexpected ASGI event: ") })
    }

    @Test("what the lifespan puts into its state, each request gets as a copy")
    func state() async throws {
        let app: ASGIFramework = { scope, receive, send in
            switch scope {
            case .lifespan(let lifespan):
                _ = try await receive()
                lifespan.state["greeting"] = "good morning"
                lifespan.state["gone"] = 1
                lifespan.state["gone"] = nil
                try await send(.lifespanStartupComplete)
                _ = try await receive()
                try await send(.lifespanShutdownComplete)
            case .http(var scope):
                let text = "\(scope.state["greeting"] as? String ?? "none") \(scope.state.count)"
                scope.state["greeting"] = "changed"
                try await send.answer(text)
            case .websocket: throw Deliberate()
            }
        }
        try await serving(app, { $0.eventLoops = 2 }) { served in
            for _ in 0..<4 {
                let response = try served.connect().ask("/")
                #expect(response.text == "good morning 1")
            }
        }
    }

    @Test("the application answers startup without having asked for it")
    func answersUnasked() async {
        let outcome = await run { _, receive, send in
            try await send(.lifespanStartupComplete)
            _ = try await receive()
            try await send(.lifespanShutdownComplete)
        }
        #expect(outcome.started && outcome.error == nil)
    }
}
