import Glibc
import Testing

@testable import Roost

/// Waits of an application: each ends, whatever else ends first, and none reaches into another request.
@Suite("Waits of an application")
struct WaitTests {
    @TaskLocal private static var user = "nobody"

    @Test("a pipelined request does not see the task-local values of the one before")
    func taskLocals() async throws {
        let app = httpApp { scope, _, send in
            guard scope.rawPath == "/first" else { return try await send.answer(Self.user) }
            try await Self.$user.withValue("somebody") { try await send.answer(Self.user) }
        }
        try await serving(app) { served in
            let client = try served.connect()
            try client.send("GET /first HTTP/1.1\r\nhost: a\r\n\r\nGET /second HTTP/1.1\r\nhost: a\r\n\r\n")
            #expect(try client.response().text == "somebody")
            #expect(try client.response().text == "nobody")
        }
    }

    @Test("a send that waits for room goes on when another send completes the response")
    func completedByAnother() async throws {
        let (waits, ended) = (Watched(false), Watched(false))
        let app = httpApp { _, _, send in
            try await send.start()
            async let first: Void = {
                while true {
                    waits.value = true
                    try await send.piece(String(repeating: "x", count: 300_000))
                }
            }()
            while !waits.value { await Task.yield() }
            try await Task.sleep(for: .milliseconds(50))
            try await send.piece("", more: false)
            _ = try? await first
            ended.value = true
        }
        try await serving(app) { served in
            let client = try served.connect()
            try client.send("GET / HTTP/1.1\r\nhost: a\r\n\r\n")
            try ended.waitUntilTrue()
        }
    }

    @Test("a receive ends when its task is cancelled, so that an error beside it reaches the client")
    func cancelledReceive() async throws {
        let app = httpApp { _, receive, _ in
            _ = try await receive()
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { _ = try await receive() }
                group.addTask {
                    try await Task.sleep(for: .milliseconds(20))
                    throw Deliberate()
                }
                try await group.next()
                group.cancelAll()
                try await group.waitForAll()
            }
        }
        try await serving(app) { served in
            let client = try served.connect()
            #expect(try client.ask("/").status == 500)
        }
    }

    @Test("a receive that is left behind ends with the application")
    func leftBehind() async throws {
        let (waits, told) = (Watched(false), Watched(false))
        let app = httpApp { _, receive, _ in
            _ = try await receive()
            Task {
                waits.value = true
                if case .httpDisconnect = try await receive() { told.value = true }
            }
            while !waits.value { await Task.yield() }
            try await Task.sleep(for: .milliseconds(20))
            throw Deliberate()
        }
        try await serving(app) { served in
            #expect(try served.connect().ask("/").status == 500)
            try told.waitUntilTrue()
        }
    }

    @Test("a client is not given up for the time that the loop itself was held up")
    func lateLoop() async throws {
        let blocked = Gate()
        let app = httpApp { scope, _, send in
            if scope.rawPath == "/block" {
                blocked.open()
                sleepMilliseconds(900)
            }
            try await send.answer(scope.rawPath)
        }
        try await serving(app, { $0.headerTimeout = .milliseconds(400) }) { served in
            let (blocker, late) = (try served.connect(), try served.connect())
            try blocker.send("GET /block HTTP/1.1\r\nhost: a\r\n\r\n")
            try blocked.wait()
            sleepMilliseconds(50)
            try late.send("GET /late HTTP/1.1\r\nhost: a\r\n\r\n")
            #expect(try late.response().text == "/late")
            #expect(try blocker.response().text == "/block")
        }
    }

    @Test("at the connection limit too, who waits in the socket's queue when the server stops is answered")
    func queueAtTheLimit() async throws {
        try await serving(Apps.path, { $0.limitConnections = 2 }) { served in
            let held = try (0..<2).map { _ in try served.connect() }
            for client in held { #expect(try client.ask("/held").text == "/held") }
            let waiting = try (0..<20).map { number in
                let client = try served.connect()
                try client.send("GET /\(number) HTTP/1.1\r\nhost: a\r\n\r\n")
                return client
            }
            served.stop()
            for (number, client) in waiting.enumerated() { #expect(try client.response().text == "/\(number)") }
        }
    }
}

/// Blocks the calling thread.
private func sleepMilliseconds(_ count: UInt32) {
    usleep(count * 1000)
}
