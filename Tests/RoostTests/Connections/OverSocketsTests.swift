import Glibc
import HTTPWire
import NIOCore
import Testing

@testable import Roost

@Suite("HTTP/1 over real sockets", .timeLimit(.minutes(1)))
struct OverSocketsTests {
    @Test("hundreds of requests on one connection", arguments: [false, true])
    func manyRequests(onTCP: Bool) async throws {
        try await servingEveryWay(Apps.path, { if onTCP { $0.bind = [.anyLoopbackPort] } }) { served in
            let client = try served.connect()
            for number in 0..<300 {
                let answer = try client.ask("/\(number)").text
                try #require(answer == "/\(number)")
            }
        }
    }

    @Test("a hundred pipelined requests in one write, cut by the network where it likes", arguments: [1, 7, 100, 4096])
    func pipelined(piece: Int) async throws {
        try await servingEveryWay(Apps.path) { served in
            let client = try served.connect()
            let bytes = Array((0..<100).map { "GET /\($0) HTTP/1.1\r\nhost: a\r\n\r\n" }.joined().utf8)
            for start in stride(from: 0, to: bytes.count, by: piece) {
                try client.send(Array(bytes[start..<min(start + piece, bytes.count)]))
            }
            for number in 0..<100 {
                let answer = try client.response().text
                try #require(answer == "/\(number)")
            }
        }
    }

    @Test("bodies of every size come back as they were sent", arguments: [1, 100, 16 << 10, (16 << 10) + 1, 64 << 10, (64 << 10) + 1, 1_000_000])
    func echo(size: Int) async throws {
        try await servingEveryWay(Apps.echo) { served in
            let client = try served.connect()
            let body = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 31) }
            for _ in 0..<2 {
                try client.send("POST / HTTP/1.1\r\nhost: a\r\ncontent-length: \(size)\r\n\r\n")
                try client.send(body)
                let isSame = try client.response().body == body
                #expect(isSame)
            }
            let half = size / 2
            try client.send("POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n")
            for part in [body[..<half], body[half...]] where !part.isEmpty {
                try client.send("\(String(part.count, radix: 16))\r\n")
                try client.send(Array(part))
                try client.send("\r\n")
            }
            try client.send("0\r\n\r\n")
            #expect(try client.response().body == body)
        }
    }

    @Test("two hundred connections at once, each with its own answers", arguments: [1, 2])
    func manyConnections(eventLoops: Int) async throws {
        let app = httpApp { scope, _, send in
            try await Task.sleep(for: .milliseconds(1))
            try await send.answer(scope.rawPath)
        }
        try await serving(app, { $0.eventLoops = eventLoops }) { served in
            let clients = try (0..<200).map { _ in try served.connect() }
            for round in 0..<3 {
                for (number, client) in clients.enumerated() { try client.send("GET /\(number)/\(round) HTTP/1.1\r\nhost: a\r\n\r\n") }
                for (number, client) in clients.enumerated() {
                    let answer = try client.response().text
                    try #require(answer == "/\(number)/\(round)")
                }
            }
        }
    }

    @Test("a client that waits for 100 gets it when the application asks")
    func expectContinue() async throws {
        try await servingEveryWay(Apps.echo) { served in
            let client = try served.connect()
            try client.send("POST / HTTP/1.1\r\nhost: a\r\nexpect: 100-continue\r\ncontent-length: 5\r\n\r\n")
            #expect(try client.response().status == 100)
            try client.send("hello")
            #expect(try client.response().text == "hello")
        }
    }

    @Test("an HTTP/1.0 client sees the end of a stream by the end of the connection")
    func oldClient() async throws {
        let app = httpApp { _, _, send in
            try await send.start()
            for _ in 0..<10 { try await send.piece(String(repeating: "z", count: 10_000)) }
            try await send.piece("", more: false)
        }
        try await servingEveryWay(app) { served in
            let client = try served.connect()
            try client.send("GET / HTTP/1.0\r\n\r\n")
            let response = try client.response()
            #expect(response.closes && response.body.count == 100_000 && !client.wasReset)
        }
    }

    @Test("a stream that breaks off is a reset to an HTTP/1.0 client, who could not tell otherwise")
    func oldClientCut() async throws {
        let (inside, go) = (Gate(), Gate())
        let app = httpApp { _, _, send in
            try await send.start()
            try await send.piece("half")
            inside.open()
            await go.opened()
            throw Deliberate()
        }
        try await servingEveryWay(app, { $0.bind = [.anyLoopbackPort] }) { served in
            let client = try served.connect()
            try client.send("GET / HTTP/1.0\r\n\r\n")
            try inside.wait()
            go.open()
            _ = try? client.response()
            #expect(client.wasReset)
        }
    }

    @Test("an application's failure is seen as what it is, over sockets too")
    func failure() async throws {
        let app = httpApp { scope, _, send in
            if scope.rawPath == "/mid" {
                try await send.start()
                try await send.piece("half")
            }
            throw Deliberate()
        }
        try await servingEveryWay(app) { served in
            let early = try served.connect()
            #expect(try early.ask("/early").status == 500)
            #expect(try early.isClosed())
            let mid = try served.connect()
            let error = #expect(throws: ResponseError.self) { try mid.ask("/mid") }
            guard case .truncated(let partial)? = error else { return #expect(Bool(false)) }
            #expect(partial.status == 200 && partial.text == "half")
            #expect(served.log.errors.count == 2)
        }
    }
}
