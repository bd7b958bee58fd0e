import Glibc
import HTTPWire
import NIOCore
import Testing

@testable import Roost

@Suite("The order of things in serve", .timeLimit(.minutes(1)))
struct ServeOrderTests {
    /// Notes what its lifespan meets, and answers requests.
    private func noting(_ events: Watched<[String]>) -> ASGIFramework {
        { scope, receive, send in
            switch scope {
            case .lifespan:
                while true {
                    switch try await receive() {
                    case .lifespanStartup:
                        events.change { $0.append("startup") }
                        try await send(.lifespanStartupComplete)
                    case .lifespanShutdown:
                        events.change { $0.append("shutdown") }
                        return try await send(.lifespanShutdownComplete)
                    default: throw Deliberate()
                    }
                }
            case .http, .websocket:
                events.change { $0.append("request") }
                try await send.answer("hello")
            }
        }
    }

    @Test("startup, bind, started, accept, trigger, drain, shutdown, and the socket file gone")
    func order() async throws {
        let directory = TemporaryDirectory()
        let (events, stop) = (Watched<[String]>([]), Gate())
        let note = { @Sendable (text: String) in events.change { $0.append(text) } }
        let isBound = { @Sendable in directory.holds("a.sock") ? "bound" : "unbound" }
        let config = testConfig(bind: .unix(path: directory.path + "/a.sock")) {
            $0.onPhase = { phase, _ in
                switch phase {
                case .starting: note("starting \(isBound())")
                case .serving(let binds): note("serving \(binds.count)")
                case .draining: note("draining")
                case .stopping: note("stopping \(isBound())")
                }
            }
        }
        try await withThrowingTaskGroup(of: Void.self) { nursery in
            let app = noting(events)
            let binds = try await nursery.start { status in
                let noting = TaskStatus<[BoundAddress]> { binds in
                    note("started \(isBound())")
                    try? status.started(binds)
                }
                try await serve(app, config, shutdownTrigger: .when { await stop.opened() }, taskStatus: noting)
            }
            #expect(binds.map(\.description) == ["http://unix:\(directory.path)/a.sock"])
            try await onClientThread {
                let client = try RawClient(binds[0].endpoint)
                #expect(try client.ask("/").text == "hello")
            }
            note("trigger")
            stop.open()
            try await nursery.waitForAll()
        }
        #expect(!directory.holds("a.sock"))
        #expect(
            events.value == [
                "starting unbound", "startup", "started bound", "serving 1", "request", "trigger", "draining", "stopping bound", "shutdown",
            ]
        )
    }

    @Test("a client that connects while started is being called is served")
    func readyMeansReady() async throws {
        let directory = TemporaryDirectory()
        let config = testConfig(bind: .unix(path: directory.path + "/a.sock"))
        let (stop, answer) = (Gate(), Watched(""))
        let client = Watched<RawClientBox?>(nil)
        try await withThrowingTaskGroup(of: Void.self) { nursery in
            _ = try await nursery.start { status in
                let connecting = TaskStatus<[BoundAddress]> { binds in
                    let connected = try? RawClient(binds[0].endpoint)
                    try? connected?.send("GET / HTTP/1.1\r\nhost: a\r\n\r\n")
                    client.value = connected.map(RawClientBox.init)
                    try? status.started(binds)
                }
                try await serve(Apps.hello, config, shutdownTrigger: .when { await stop.opened() }, taskStatus: connecting)
            }
            try await onClientThread { answer.value = try client.value?.client.response().text ?? "none" }
            stop.open()
            try await nursery.waitForAll()
        }
        #expect(answer.value == "hello")
    }

    @Test("binds are told with the ports that the kernel chose, in the order of the configuration")
    func realAddresses() async throws {
        let directory = TemporaryDirectory()
        let configure = { @Sendable (config: inout Config) in
            config.bind = [.anyLoopbackPort, .unix(path: directory.path + "/b.sock"), .anyLoopbackPort]
        }
        try await serving(Apps.hello, configure) { served in
            #expect(served.binds.map(\.endpoint.host) == ["127.0.0.1", directory.path + "/b.sock", "127.0.0.1"])
            let ports = served.binds.map(\.endpoint.port)
            #expect(ports[0] ?? 0 > 0 && ports[1] == nil && ports[2] ?? 0 > 0 && ports[0] != ports[2])
            for bind in served.binds {
                #expect(try RawClient(bind.endpoint).ask("/").text == "hello")
                try served.logged("running on \(bind)")
            }
        }
    }

    @Test("a bind that fails after the startup ends the application's lifespan, and started is not called")
    func bindFails() async throws {
        let directory = TemporaryDirectory()
        let (events, started) = (Watched<[String]>([]), Watched(0))
        let config = testConfig(bind: .unix(path: directory.path + "/missing/a.sock"))
        await #expect(throws: BindError.self) {
            try await serve(
                noting(events), config, shutdownTrigger: .never, taskStatus: TaskStatus { _ in started.add() }
            )
        }
        #expect(events.value == ["startup", "shutdown"] && started.value == 0)
    }

    @Test("of two binds, the good one leaves nothing behind when the other fails")
    func oneBindFails() async throws {
        let directory = TemporaryDirectory()
        let config = testConfig(bind: .unix(path: directory.path + "/a.sock")) {
            $0.bind.append(.unix(path: directory.path + "/missing/b.sock"))
        }
        await #expect(throws: BindError.self) { try await serve(Apps.hello, config, shutdownTrigger: .never) }
        #expect(!directory.holds("a.sock"))
    }

    @Test("a task status that has started before makes serve stop in order and throw")
    func startedBefore() async throws {
        let directory = TemporaryDirectory()
        let events = Watched<[String]>([])
        let status = TaskStatus<[BoundAddress]> { _ in }
        try status.started([])
        let config = testConfig(bind: .unix(path: directory.path + "/a.sock"))
        await #expect(throws: TaskStatusError.startedTwice) {
            try await serve(noting(events), config, shutdownTrigger: .never, taskStatus: status)
        }
        #expect(events.value == ["startup", "shutdown"] && !directory.holds("a.sock"))
    }

    @Test("counts in the status follow connections and requests")
    func counts() async throws {
        let (status, hold, inside) = (Watched<ServerStatus?>(nil), Gate(), Gate())
        let app = httpApp { _, _, send in
            inside.open()
            await hold.opened()
            try await send.answer("done")
        }
        try await serving(app, { $0.onPhase = { _, now in status.value = now } }) { served in
            let counts = try #require(status.value)
            let (one, two) = (try served.connect(), try served.connect())
            try one.send("GET / HTTP/1.1\r\nhost: a\r\n\r\n")
            try inside.wait()
            try Watched(0).wait { _ in counts.connections == 2 }
            #expect(counts.requestsInFlight == 1 && counts.requests == 1)
            hold.open()
            #expect(try one.response().text == "done")
            try Watched(0).wait { _ in counts.requestsInFlight == 0 }
            one.close()
            two.close()
            try Watched(0).wait { _ in counts.connections == 0 }
            #expect(counts.requests == 1)
        }
    }
}

/// Hands a client from one thread to another, one after the other.
///
/// `@unchecked Sendable`: whoever makes the box does not use the client any more.
struct RawClientBox: @unchecked Sendable {
    let client: RawClient
}
