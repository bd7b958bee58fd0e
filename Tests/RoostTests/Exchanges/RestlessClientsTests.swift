import Glibc
import HTTPWire
import NIOCore
import SeededRandom
import Testing

@testable import Roost

@Suite("Clients and applications that do as they like", .serialized, .timeLimit(.minutes(1)))
struct RestlessClientsTests {
    /// Does what the path asks for.
    private static func app(_ running: Watched<Int>) -> ASGIFramework {
        httpApp { scope, receive, send in
            running.add()
            defer { running.add(-1) }
            switch scope.rawPath {
            case "/stream":
                try await send.start()
                for _ in 0..<40 { try await send(.httpResponseBody(ByteBuffer(repeating: 1, count: 50_000), more: true)) }
                try await send.piece("", more: false)
            case "/wait":
                while true { if case .httpDisconnect = try await receive() { return } }
            case "/sleep":
                try await Task.sleep(for: .seconds(30))
            case "/echo":
                try await send.answer("\(try await receive.body()?.readableBytes ?? -1)")
            case "/both":
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask { _ = try await receive.body() }
                    group.addTask {
                        try await send.start()
                        try await send.piece(String(repeating: "y", count: 200_000))
                    }
                    try await group.waitForAll()
                }
                try await send.piece("", more: false)
            case "/throw":
                throw Deliberate()
            default:
                try await send.answer("fine")
            }
        }
    }

    /// One client's day: a few requests, some reading, and an end of one kind or another.
    private static func play(_ served: ServedApp, _ dice: inout SeededGenerator) throws {
        let bind = served.binds.randomElement(using: &dice)!
        let client = try RawClient(bind.endpoint)
        // Over TCP, a client that has closed looks like one that may still read: an application that only sleeps learns nothing.
        // And what fills the window hides the end behind it.
        let isTCP = bind.endpoint.port != nil
        let paths = ["/", "/stream", "/wait", "/echo", "/both", "/throw"] + (isTCP ? [] : ["/sleep"])
        let longest = isTCP ? 20_000 : 200_000
        for _ in 0..<Int.random(in: 1...3, using: &dice) {
            let path = paths.randomElement(using: &dice)!
            let length = Bool.random(using: &dice) ? 0 : Int.random(in: 1...longest, using: &dice)
            let sent = Int.random(in: 0...length, using: &dice)
            try client.send("POST \(path) HTTP/1.1\r\nhost: a\r\ncontent-length: \(length)\r\n\r\n")
            _ = try client.sendWhatIsTaken(of: Bool.random(using: &dice) ? length : sent, quietMilliseconds: 1)
        }
        if Bool.random(using: &dice), !client.staysSilent(milliseconds: 2) { _ = try client.receive(atMost: 1000) }
        switch Int.random(in: 0..<4, using: &dice) {
        case 0: client.halfClose()
        case 1: try client.reset()
        default: break
        }
        client.close()
    }

    @Test("however clients end, every application ends, every connection is closed, and good clients are served",
        arguments: [AppExecutor.eventLoop, .concurrentPool])
    func chaos(executor: AppExecutor) async throws {
        let (running, status) = (Watched(0), Watched<ServerStatus?>(nil))
        let configure = { @Sendable (config: inout Config) in
            config.appExecutor = executor
            config.disconnectGrace = .milliseconds(20)
            config.readTimeout = .milliseconds(500)
            config.eventLoops = 2
            config.bind.append(.anyLoopbackPort)
            config.onPhase = { _, now in status.value = now }
        }
        try await serving(Self.app(running), configure) { served in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<4 as Range<UInt64> {
                    let thread = ClientThread()
                    group.addTask(executorPreference: thread) {
                        defer { thread.stop() }
                        var dice = SeededGenerator(seed: number)
                        for _ in 0..<60 { try? Self.play(served, &dice) }
                    }
                }
                let good = try served.connect()
                for _ in 0..<50 {
                    let answer = try good.ask("/").text
                    #expect(answer == "fine")
                    usleep(2000)
                }
                try await group.waitForAll()
                good.close()
            }
            try running.wait(seconds: 20) { $0 == 0 }
            let counts = try #require(status.value)
            try Watched(0).wait { _ in counts.connections == 0 && counts.requestsInFlight == 0 }
            #expect(try served.connect().ask("/").text == "fine")
        }
    }
}
