import HTTPWire
import NIOCore
import Testing

@testable import Roost

@Suite("The access log's entries")
struct AccessEntryTests {
    /// Runs `body` with a connection; returns the entries as `METHOD PATH STATUS BYTES complete`.
    private func entries(
        _ app: @escaping ASGIFramework, _ configure: (inout Config) -> Void = { _ in }, _ body: (MemoryConnection) throws -> Void
    ) throws -> [String] {
        let seen = Watched<[String]>([])
        try withMemoryConnection(app) {
            $0.accessLog = { entry in
                #expect(entry.duration >= .zero && entry.duration < .seconds(60))
                seen.change { $0.append("\(entry.scope.method) \(entry.scope.path) \(entry.status) \(entry.bodyBytes)\(entry.isComplete ? "" : " broken off")") }
            }
            configure(&$0)
        } _: { memory in
            try body(memory)
        }
        return seen.value
    }

    @Test("are one for each request, with what was sent")
    func ordinary() throws {
        let app = httpApp { scope, _, send in
            switch scope.path {
            case "/stream":
                try await send.start(201)
                for _ in 0..<3 { try await send.piece("abcd") }
                try await send.piece("", more: false)
            case "/none": try await send.answer("", status: 204)
            default: try await send.answer("hello")
            }
        }
        let seen = try entries(app) { memory in
            memory.receive("GET / HTTP/1.1\r\nhost: a\r\n\r\nGET /stream HTTP/1.1\r\nhost: a\r\n\r\n")
            memory.receive("HEAD / HTTP/1.1\r\nhost: a\r\n\r\n")
            memory.receive("GET /none HTTP/1.1\r\nhost: a\r\n\r\n")
        }
        #expect(seen == ["GET / 200 5", "GET /stream 201 12", "HEAD / 200 0", "GET /none 204 0"])
    }

    @Test("tell of failures of the application")
    func failures() throws {
        let app = httpApp { scope, _, send in
            if scope.path == "/later" {
                try await send.start(headers: ["content-length": "10"])
                try await send.piece("abcd")
            }
            throw Deliberate()
        }
        #expect(try entries(app) { $0.receive("GET / HTTP/1.1\r\nhost: a\r\n\r\n") } == ["GET / 500 21"])
        #expect(try entries(app) { $0.receive("GET /later HTTP/1.1\r\nhost: a\r\n\r\n") } == ["GET /later 200 4 broken off"])
    }

    @Test("tell of clients that go away, once")
    func gone() throws {
        let app = httpApp { _, receive, send in
            while case .httpRequest = try await receive() {}
            try await send.answer("nobody takes it")
        }
        let seen = try entries(app) { memory in
            memory.receive("GET / HTTP/1.1\r\nhost: a\r\n\r\n")
            memory.connection.peerGone()
            memory.loop.runReady()
        }
        #expect(seen == ["GET / 0 0 broken off"])
        let cut = try entries(app) { memory in
            memory.receive("GET / HTTP/1.1\r\nhost: a\r\n\r\n")
            memory.connection.cutOff()
            memory.loop.runReady()
        }
        #expect(cut == ["GET / 0 0 broken off"])
    }

    @Test("have the status that the server gave to a body it refused")
    func refusedBody() throws {
        let app = httpApp { _, receive, send in
            while case .httpRequest(_, more: true) = try await receive() {}
            try await send.answer("too late")
        }
        let seen = try entries(app, { $0.maxBodySize = 10 }) { memory in
            memory.receive("POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n5\r\nabcde\r\n")
            memory.receive("6\r\nabcdef\r\n0\r\n\r\n")
        }
        #expect(seen == ["POST / 413 17"])
        let announced = try entries(app, { $0.maxBodySize = 10 }) { memory in
            memory.receive("POST /a HTTP/1.1\r\nhost: a\r\ncontent-length: 11\r\n\r\n")
        }
        #expect(announced == ["POST /a 413 17"])
    }

    @Test("tell of responses that are not as long as they were to be")
    func lengths() throws {
        let app = httpApp { scope, _, send in
            try await send.start(headers: ["content-length": "5"])
            try await send.piece(scope.path == "/long" ? "123456" : "12")
            try await send.piece("3", more: false)
        }
        #expect(try entries(app) { $0.receive("GET /short HTTP/1.1\r\nhost: a\r\n\r\n") } == ["GET /short 200 3 broken off"])
        #expect(try entries(app) { $0.receive("GET /long HTTP/1.1\r\nhost: a\r\n\r\n") } == ["GET /long 200 0 broken off"])
    }
}
