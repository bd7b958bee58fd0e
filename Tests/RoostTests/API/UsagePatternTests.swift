import Glibc
import Roost
import Testing

/// The ways to embed `serve` that the README shows, as it shows them.
@Suite("Ways to embed serve", .serialized)
struct UsagePatternTests {
    private let directory = TemporaryDirectory()
    private let app: ASGIFramework = { scope, _, send in
        guard case .http = scope else { return }
        try await send(.httpResponseStart(status: 200, headers: ["content-type": "text/plain"]))
        try await send(.httpResponseBody(ByteBuffer(string: "Hello World\n")))
    }

    private func config(_ started: Gate) -> Config {
        var config = Config()
        config.bind = [.unix(path: directory.path + "/app.sock")]
        config.onPhase = { phase, _ in if case .serving = phase { started.open() } }
        return config
    }

    private func expectAnswer() async throws {
        let path = directory.path + "/app.sock"
        let answer = try await onClientThread {
            let client = try RawClient(Endpoint(host: path, port: nil))
            try client.send("GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
            return try client.rest()
        }
        #expect(answer.hasPrefix("HTTP/1.1 200 OK\r\n"))
        #expect(answer.hasSuffix("\r\n\r\nHello World\n"))
    }

    @Test("serving until stopped ends on SIGTERM")
    func untilStopped() async throws {
        let started = Gate()
        let config = config(started)
        let app = app
        async let serving: Void = serve(app, config)
        await started.opened()
        try await expectAnswer()
        kill(getpid(), SIGTERM)
        try await serving
    }

    @Test("a shutdown trigger ends it when it returns")
    func trigger() async throws {
        let started = Gate()
        let config = config(started)
        let app = app
        let (stopped, stop) = AsyncStream<Void>.makeStream()
        async let serving: Void = serve(app, config, shutdownTrigger: { for await _ in stopped {} })
        await started.opened()
        try await expectAnswer()
        stop.finish()
        try await serving
    }

    @Test("task status in a group gives the addresses, and cancelling the group ends it")
    func taskStatus() async throws {
        let config = config(Gate())
        let app = app
        await #expect(throws: CancellationError.self) {
            try await withThrowingTaskGroup(of: Void.self) { nursery in
                let binds = try await nursery.start { status in
                    try await serve(app, config, shutdownTrigger: .never, taskStatus: status)
                }
                #expect(binds.map(\.description) == ["http://unix:\(directory.path)/app.sock"])
                try await expectAnswer()
                nursery.cancelAll()
                try await nursery.waitForAll()
            }
        }
    }

    @Test("an object with shutdown()")
    func manager() async throws {
        actor ServerManager {
            private var task: Task<Void, any Error>?
            private let (stopped, stop) = AsyncStream<Void>.makeStream()

            func start(_ app: @escaping ASGIFramework, _ config: Config) {
                let stopped = stopped
                task = Task {
                    try await serve(app, config, shutdownTrigger: { for await _ in stopped {} })
                }
            }

            func shutdown() async throws {
                stop.finish()
                try await task?.value
            }
        }
        let started = Gate()
        let manager = ServerManager()
        await manager.start(app, config(started))
        await started.opened()
        try await expectAnswer()
        try await manager.shutdown()
    }
}
