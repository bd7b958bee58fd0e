import Glibc
import HTTPWire
import NIOCore
import Testing

@testable import Roost

@Suite("Clients that half-close", .timeLimit(.minutes(1)))
struct HalfCloseTests {
    private static let get = "GET / HTTP/1.1\r\nhost: a\r\n\r\n"
    private static let tcp: @Sendable (inout Config) -> Void = { $0.bind = [.anyLoopbackPort] }

    @Test("a client that half-closes after its request gets its answer", arguments: [false, true])
    func halfClose(onTCP: Bool) async throws {
        let (inside, go) = (Gate(), Gate())
        let app = httpApp { scope, _, send in
            inside.open()
            await go.opened()
            try await send.answer(String(repeating: "x", count: 300_000))
        }
        try await serving(app, onTCP ? Self.tcp : { _ in }) { served in
            let client = try served.connect()
            try client.send(Self.get)
            client.halfClose()
            try inside.wait()
            usleep(20_000)
            go.open()
            #expect(try client.response().body.count == 300_000)
            #expect(try client.isClosed())
        }
    }

    @Test("a client that half-closes before its request is read gets its answers, all of them")
    func halfCloseAtOnce() async throws {
        try await serving(Apps.path) { served in
            let client = try served.connect()
            try client.send("GET /1 HTTP/1.1\r\nhost: a\r\n\r\nGET /2 HTTP/1.1\r\nhost: a\r\n\r\n")
            client.halfClose()
            #expect(try client.response().text == "/1")
            #expect(try client.response().text == "/2")
            #expect(try client.isClosed())
        }
    }

    @Test("a client that half-closes within a body is cut off, and its application told", arguments: ["content-length: 10", "transfer-encoding: chunked"])
    func halfCloseInBody(framing: String) async throws {
        let told = Watched(false)
        let app = httpApp { _, receive, send in
            if try await receive.body() == nil { told.value = true }
            try await send.answer("too late")
        }
        try await serving(app) { served in
            let client = try served.connect()
            try client.send("POST / HTTP/1.1\r\nhost: a\r\n\(framing)\r\n\r\n4\r\n")
            client.halfClose()
            #expect(try client.isClosed())
            try told.waitUntilTrue()
        }
    }

    @Test("a client that half-closes within a head is closed without an answer")
    func halfCloseInHead() async throws {
        try await serving(Apps.hello) { served in
            let client = try served.connect()
            try client.send("GET / HTTP/1.1\r\nho")
            client.halfClose()
            #expect(try client.isClosed())
        }
    }
}
