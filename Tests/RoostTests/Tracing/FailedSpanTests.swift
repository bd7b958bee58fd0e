import HTTPWire
import InMemoryTracing
import NIOCore
import Testing
import Tracing

@testable import Roost

@Suite("The span of a request that fails")
struct FailedSpanTests {
    /// The spans after `body` with a connection.
    private func spans(
        _ app: @escaping ASGIFramework, _ configure: (inout Config) -> Void = { _ in }, _ body: (MemoryConnection) throws -> Void
    ) throws -> [FinishedInMemorySpan] {
        let tracer = TraceContextTracer()
        try withMemoryConnection(app) {
            $0.tracer = tracer
            configure(&$0)
        } _: { memory in
            try body(memory)
        }
        #expect(tracer.memory.activeSpans.isEmpty)
        return tracer.requests
    }

    private func span(_ app: @escaping ASGIFramework) throws -> FinishedInMemorySpan {
        try #require(try spans(app) { $0.receive("GET / HTTP/1.1\r\nhost: a\r\n\r\n") }.first)
    }

    @Test("has an error for the server's statuses, none for the client's", arguments: [(404, nil), (499, nil), (500, "500"), (503, "503")] as [(Int, String?)])
    func statuses(_ status: Int, _ errorType: String?) throws {
        let span = try span(httpApp { _, _, send in try await send.answer("", status: status) })
        #expect(span.attributes.texts["http.response.status_code"] == "\(status)")
        #expect(span.attributes.texts["error.type"] == errorType)
        #expect(span.status == (errorType == nil ? nil : SpanStatus(code: .error)) && span.errors.isEmpty)
    }

    @Test("has what the application threw, and the 500 that the client got")
    func thrown() throws {
        let span = try span(httpApp { _, _, _ in throw Deliberate() })
        #expect(span.errors.map { $0.error is Deliberate } == [true])
        #expect(span.status == SpanStatus(code: .error, message: "Deliberate()"))
        #expect(span.attributes.texts["error.type"] == "Deliberate" && span.attributes.texts["http.response.status_code"] == "500")
    }

    @Test("has what the application threw within its response, and the status that it sent")
    func thrownWithin() throws {
        for piece in [true, false] {
            let span = try span(
                httpApp { _, _, send in
                    try await send.start()
                    if piece { try await send.piece("ab") }
                    throw Deliberate()
                })
            #expect(span.errors.count == 1 && span.status?.code == .error && span.attributes.texts["error.type"] == "Deliberate")
            #expect(span.attributes.texts["http.response.status_code"] == "200")
        }
    }

    @Test("says that the application sent nothing, or too little")
    func incomplete() throws {
        let silent = try span(httpApp { _, _, _ in })
        #expect(silent.attributes.texts["error.type"] == "ASGIError" && silent.attributes.texts["http.response.status_code"] == "500")
        let short = try span(
            httpApp { _, _, send in
                try await send.start(headers: ["content-length": "3"])
                try await send.piece("a")
                try await send.piece("b", more: false)
            })
        #expect(short.attributes.texts["error.type"] == "incomplete_response" && short.status?.code == .error)
    }

    @Test("has ended when the application fails after its response")
    func thrownAfter() throws {
        let span = try span(
            httpApp { _, _, send in
                try await send.answer("ab")
                throw Deliberate()
            })
        #expect(span.errors.isEmpty && span.status == nil && span.attributes.texts["error.type"] == nil)
    }

    @Test("says that the client has gone before its response was whole")
    func disconnect() throws {
        let waiting = httpApp { _, receive, send in
            _ = try await receive.body()
            try await send.start(201)
            try await send.piece("ab")
            while case .httpRequest = try await receive() {}
        }
        let request = "POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 1\r\n\r\n"
        let early = try spans(waiting) { memory in
            memory.receive(request)
            memory.connection.peerGone()
        }
        #expect(early.map(\.attributes.texts["error.type"]) == ["client_gone"] && early[0].status?.code == .error)
        for name in ["http.response.status_code", "http.response.body.size", "http.request.body.size"] { #expect(early[0].attributes.texts[name] == nil) }
        let late = try spans(waiting) { memory in
            memory.receive(request + "a")
            memory.connection.peerGone()
        }
        #expect(late.map(\.attributes.texts["error.type"]) == ["client_gone"])
        #expect(late[0].attributes.texts["http.response.status_code"] == "201" && late[0].attributes.texts["http.response.body.size"] == "2")
        #expect(late[0].attributes.texts["http.request.body.size"] == "1")
    }

    @Test("says that the server has stopped")
    func cutOff() throws {
        let app = httpApp { _, receive, _ in while case .httpRequest = try await receive() {} }
        let cut = try spans(app) { memory in
            memory.receive("GET / HTTP/1.1\r\nhost: a\r\n\r\n")
            memory.connection.cutOff()
        }
        #expect(cut.map(\.attributes.texts["error.type"]) == ["server_stopped"] && cut[0].status?.code == .error)
    }

    @Test("is there for a request that the server answers itself, and is not an error of its own")
    func refused() throws {
        let never = httpApp { _, _, _ in Issue.record("the application saw a request that must not run") }
        let refused = try spans(never, { $0.maxBodySize = 10 }) { $0.receive("POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 11\r\n\r\n") }
        #expect(refused.map(\.attributes.texts["http.response.status_code"]) == ["413"])
        #expect(refused[0].status == nil && refused[0].attributes.texts["error.type"] == nil)
        // Of what is no request nothing is known that a span could tell.
        #expect(try spans(never) { $0.receive("GET /\u{0} HTTP/1.1\r\n\r\n") }.isEmpty)
    }

    @Test("ends with a file that is the response, whole or not")
    func files() throws {
        let file = try ContentFile(length: 100_000)
        let app = httpApp { _, _, send in
            try await send.start()
            try await send(.httpResponsePathsend(path: file.path))
        }
        let whole = try spans(app) { memory in
            memory.receive("GET / HTTP/1.1\r\nhost: a\r\n\r\n")
            _ = memory.written()
        }
        #expect(whole.map(\.attributes.texts["http.response.body.size"]) == ["100000"] && whole[0].status == nil)
        let broken = try spans(app) { memory in
            memory.receive("GET / HTTP/1.1\r\nhost: a\r\n\r\n")
            memory.connection.peerGone()
        }
        #expect(broken.map(\.attributes.texts["error.type"]) == ["client_gone"])
        let missing = try span(
            httpApp { _, _, send in
                try await send.start()
                try await send(.httpResponsePathsend(path: "/nonexistent"))
            })
        #expect(missing.attributes.texts["error.type"] == "ASGIError" && missing.attributes.texts["http.response.status_code"] == "500")
    }
}
