import Glibc
import HTTPWire
import NIOCore
import Testing

@testable import Roost

@Suite("Back-pressure", .serialized, .timeLimit(.minutes(1)))
struct BackPressureTests {
    /// More than sockets and queues of a connection hold together, and less than would be sent.
    private static let bound = 2 << 20

    /// Streams `/stream` of 200 MB in pieces of 100 kB, counts what it could send, and answers anything else at once.
    private func streaming(_ sent: Watched<Int>, ended: Watched<Bool> = Watched(false)) -> ASGIFramework {
        httpApp { scope, _, send in
            guard scope.rawPath == "/stream" else { return try await send.answer("other") }
            defer { ended.value = true }
            let piece = ByteBuffer(repeating: 0x78, count: 100_000)
            try await send.start(headers: ["content-length": "200000000"])
            for number in 1...2000 {
                try await send(.httpResponseBody(piece, more: number < 2000))
                sent.add(piece.readableBytes)
            }
        }
    }

    /// The value of a count once it has stood still for a while.
    private func standstill(_ count: Watched<Int>) throws -> Int {
        try count.wait { $0 > 0 }
        while true {
            let before = count.value
            usleep(150_000)
            if count.value == before { return before }
        }
    }

    @Test("an application that streams to a client that does not read waits after a bounded amount, others are served meanwhile, and it goes on when the client reads",
        arguments: [AppExecutor.eventLoop, .concurrentPool])
    func download(executor: AppExecutor) async throws {
        let (sent, ended) = (Watched(0), Watched(false))
        let app = streaming(sent, ended: ended)
        try await serving(app, { $0.appExecutor = executor }) { served in
            let client = try served.connect()
            try client.send("GET /stream HTTP/1.1\r\nhost: a\r\n\r\n")
            #expect(try standstill(sent) < Self.bound)
            #expect(try served.connect().ask("/").text == "other")
            #expect(!ended.value)
            let received = try client.count(limit: 20 << 20)
            #expect(received >= 20 << 20)
            try sent.wait { $0 > 20 << 20 }
            #expect(try standstill(sent) < received + Self.bound)
        }
    }

    @Test("a stream of 200 MB arrives whole")
    func whole() async throws {
        let app = streaming(Watched(0))
        try await serving(app) { served in
            let client = try served.connect()
            try client.send("GET /stream HTTP/1.1\r\nhost: a\r\n\r\n")
            let received = try client.count(limit: 200_000_000)
            #expect(received > 200_000_000 && received < 200_000_400)
            #expect(try client.ask("/").text == "other")
        }
    }

    @Test("a client that reads nothing for too long is cut off")
    func writeTimeout() async throws {
        let (sent, ended) = (Watched(0), Watched(false))
        let app = streaming(sent, ended: ended)
        try await serving(app, { $0.writeTimeout = .milliseconds(200); $0.disconnectGrace = .milliseconds(50) }) { served in
            let client = try served.connect()
            try client.send("GET /stream HTTP/1.1\r\nhost: a\r\n\r\n")
            try sent.wait { $0 > 0 }
            try ended.waitUntilTrue()
            try served.logged("took nothing")
            #expect(try client.count(limit: 200_000_000) < Self.bound)
        }
    }

    @Test("a client that reads slowly but steadily is not cut off")
    func slowReader() async throws {
        let app = httpApp { _, _, send in try await send.answer(String(repeating: "x", count: 1_500_000)) }
        try await serving(app, { $0.writeTimeout = .milliseconds(400) }) { served in
            let client = try served.connect()
            try client.send("GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n")
            var received = 0
            while received < 1_500_000 {
                let bytes = try client.receive(atMost: 100_000)
                try #require(!bytes.isEmpty)
                received += bytes.count
                usleep(50_000)
            }
        }
    }

    @Test("an upload to an application that does not receive stops being read after a bounded amount, and goes on when it does")
    func upload() async throws {
        let (inside, go, taken) = (Gate(), Gate(), Watched(0))
        let app = httpApp { scope, receive, send in
            guard scope.rawPath == "/upload" else { return try await send.answer("other") }
            inside.open()
            await go.opened()
            while case .httpRequest(let body, let more) = try await receive() {
                taken.add(body.readableBytes)
                if !more { break }
            }
            try await send.answer("\(taken.value)")
        }
        try await serving(app, { $0.maxBodySize = 100 << 20 }) { served in
            let client = try served.connect()
            try client.send("POST /upload HTTP/1.1\r\nhost: a\r\ncontent-length: \(50 << 20)\r\n\r\n")
            try inside.wait()
            let sent = try client.sendWhatIsTaken(of: 50 << 20)
            #expect(sent < Self.bound)
            #expect(try served.connect().ask("/").text == "other")
            go.open()
            #expect(try client.sendWhatIsTaken(of: (50 << 20) - sent, quietMilliseconds: 5000) == (50 << 20) - sent)
            #expect(try client.response().text == "\(50 << 20)")
            #expect(try client.ask("/").text == "other")
        }
    }

    @Test("what a client pipelines behind a request under way stops being read after a bounded amount, and is answered then")
    func pipelined() async throws {
        let (inside, go) = (Gate(), Gate())
        let app = httpApp { scope, _, send in
            if scope.rawPath == "/slow" {
                inside.open()
                await go.opened()
            }
            try await send.answer(scope.rawPath)
        }
        try await serving(app) { served in
            let client = try served.connect()
            try client.send("GET /slow HTTP/1.1\r\nhost: a\r\n\r\n")
            try inside.wait()
            let request = "GET /next HTTP/1.1\r\nhost: a\r\nx-padding: \(String(repeating: "p", count: 8 << 10 - 100))\r\n\r\n"
            let count = (4 << 20) / request.utf8.count
            let sending = ClientThread()
            defer { sending.stop() }
            let box = RawClientBox(client: client)
            let sent = Watched(0)
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask(executorPreference: sending) {
                    for _ in 0..<count {
                        try box.client.send(request)
                        sent.add(request.utf8.count)
                    }
                }
                #expect(try standstill(sent) < 1 << 20)
                go.open()
                #expect(try client.response().text == "/slow")
                for _ in 0..<count {
                    let answer = try client.response().text
                    #expect(answer == "/next")
                }
                try await group.waitForAll()
            }
        }
    }

    @Test("a client that pipelines requests and takes no answers has only a bounded amount of them made", arguments: [100, 1_000_000])
    func answersNotTaken(size: Int) async throws {
        let made = Watched(0)
        let body = String(repeating: "x", count: size)
        let app = httpApp { _, _, send in
            made.add(size)
            try await send.answer(body)
        }
        try await serving(app) { $0.keepAliveMaxRequests = nil } _: { served in
            let client = try served.connect()
            let count = 10_000
            let requests = RawClientBox(client: client)
            let sending = ClientThread()
            defer { sending.stop() }
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask(executorPreference: sending) {
                    let some = String(repeating: "GET / HTTP/1.1\r\nhost: a\r\n\r\n", count: 100)
                    for _ in 0..<count / 100 { try requests.client.send(some) }
                }
                // Several answers of this size, or the many small ones that fit into sockets and queues.
                #expect(try standstill(made) <= max(Self.bound, 3 * size))
                for _ in 0..<(size > 1000 ? 20 : count) {
                    let received = try client.response().body.count
                    try #require(received == size)
                }
                client.shutDown()
                try? await group.waitForAll()
            }
        }
    }

    @Test("an application whose sends never have to wait does not keep others from being served")
    func fastReader() async throws {
        let stop = Gate()
        let app = httpApp { scope, _, send in
            guard scope.rawPath == "/stream" else { return try await send.answer("other") }
            try await send.start()
            let piece = ByteBuffer(repeating: 0x78, count: 1000)
            while !stop.isOpen { try await send(.httpResponseBody(piece, more: true)) }
            try await send.piece("", more: false)
        }
        try await serving(app) { served in
            let fast = RawClientBox(client: try served.connect())
            let reading = ClientThread()
            defer { reading.stop() }
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask(executorPreference: reading) {
                    try fast.client.send("GET /stream HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n")
                    _ = try fast.client.count(limit: .max)
                }
                let other = try served.connect()
                for _ in 0..<20 {
                    let answer = try other.ask("/").text
                    #expect(answer == "other")
                }
                stop.open()
                try await group.waitForAll()
            }
        }
    }

    @Test("one large piece goes out whole, and so do many small ones", arguments: [1, 1000])
    func pieces(count: Int) async throws {
        let app = httpApp { _, _, send in
            try await send.start()
            let piece = ByteBuffer(repeating: 0x79, count: 3_000_000 / count)
            for _ in 0..<count { try await send(.httpResponseBody(piece, more: true)) }
            try await send.piece("", more: false)
        }
        try await serving(app) { served in
            let response = try served.connect().ask("/")
            #expect(response.body.count == 3_000_000 && response.body.allSatisfy { $0 == 0x79 })
        }
    }
}
