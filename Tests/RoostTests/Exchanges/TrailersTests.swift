import HTTPWire
import NIOCore
import Testing

@testable import Roost

@Suite("Trailer fields")
struct TrailersTests {
    private static let asking = "GET / HTTP/1.1\r\nhost: a\r\nte: trailers\r\n\r\n"

    /// What is written for a request to an application that does `body`.
    private func written(
        _ request: String = asking, log: LogCapture = LogCapture(), _ body: @escaping @Sendable (HTTPScope, ASGISend) async throws -> Void
    ) throws -> (text: String, isOpen: Bool) {
        var result = ("", false)
        try withMemoryConnection(httpApp { scope, _, send in try await body(scope, send) }, log: log, { $0.includeDateHeader = false; $0.includeRequestIDHeader = false }) { memory in
            memory.receive(request)
            result = (memory.written(), memory.isOpen)
        }
        return result
    }

    @Test("follow the body of a client that takes them, in as many events as there are")
    func sent() throws {
        let (text, isOpen) = try written { scope, send in
            #expect(scope.extensions.trailers != nil && scope.extensions["http.response.trailers"] != nil)
            try await send(.httpResponseStart(status: 200, headers: ["trailer": "x-sum"], trailers: true))
            try await send(.httpResponseBody(ByteBuffer(string: "ab"), more: true))
            try await send(.httpResponseBody(ByteBuffer(string: "cd")))
            try await send(.httpResponseTrailers(["x-sum": "4"], more: true))
            try await send(.httpResponseTrailers(["X-Time": "1 ms"]))
        }
        #expect(text == "HTTP/1.1 200 OK\r\ntrailer: x-sum\r\ntransfer-encoding: chunked\r\nserver: roost\r\n\r\n2\r\nab\r\n2\r\ncd\r\n0\r\nx-sum: 4\r\nX-Time: 1 ms\r\n\r\n")
        #expect(isOpen)
    }

    @Test("may be none, and follow an empty body")
    func empty() throws {
        let (text, isOpen) = try written { _, send in
            try await send(.httpResponseStart(status: 200, trailers: true))
            try await send(.httpResponseBody())
            try await send(.httpResponseTrailers())
        }
        #expect(text.hasSuffix("transfer-encoding: chunked\r\nserver: roost\r\n\r\n0\r\n\r\n"))
        #expect(isOpen)
    }

    @Test("are left out where there is no place for them", arguments: [
        "GET / HTTP/1.1\r\nhost: a\r\n\r\n", "GET / HTTP/1.1\r\nhost: a\r\nte: gzip\r\n\r\n", "GET / HTTP/1.0\r\nte: trailers\r\n\r\n", "HEAD / HTTP/1.1\r\nhost: a\r\nte: trailers\r\n\r\n",
    ])
    func notTaken(_ request: String) throws {
        let (text, _) = try written(request) { scope, send in
            #expect(scope.extensions.trailers == nil || scope.method == "HEAD")
            try await send(.httpResponseStart(status: 200, trailers: true))
            try await send(.httpResponseBody(ByteBuffer(string: "abcd")))
            try await send(.httpResponseTrailers(["x-sum": "4"]))
        }
        #expect(text.hasPrefix("HTTP/1.1 200 OK\r\n"))
        #expect(!text.contains("x-sum"))
    }

    @Test("are left out behind a body whose length was announced")
    func knownLength() throws {
        let (text, isOpen) = try written { _, send in
            try await send(.httpResponseStart(status: 200, headers: ["content-length": "4"], trailers: true))
            try await send(.httpResponseBody(ByteBuffer(string: "abcd")))
            try await send(.httpResponseTrailers(["x-sum": "4"]))
        }
        #expect(text.hasSuffix("\r\n\r\nabcd"))
        #expect(isOpen)
    }

    @Test("that would change what the response is are refused, and the client sees that it is not whole", arguments: [
        "content-length", "Transfer-Encoding", "set-cookie", "bad name", "host", "",
    ])
    func forbidden(_ name: String) throws {
        let log = LogCapture()
        let (text, isOpen) = try written(log: log) { _, send in
            try await send(.httpResponseStart(status: 200, trailers: true))
            try await send(.httpResponseBody(ByteBuffer(string: "abcd")))
            try await send(.httpResponseTrailers(Headers([HeaderField(name: name, value: "1")])))
        }
        #expect(text.hasSuffix("4\r\nabcd\r\n"))
        #expect(!isOpen)
        #expect(!log.lines(containing: "application failed").isEmpty)
    }

    @Test("that do not come leave the response unfinished")
    func missing() throws {
        let (text, isOpen) = try written { _, send in
            try await send(.httpResponseStart(status: 200, trailers: true))
            try await send(.httpResponseBody(ByteBuffer(string: "abcd")))
        }
        #expect(text.hasSuffix("4\r\nabcd\r\n"))
        #expect(!isOpen)
    }

    @Test("are refused where they do not belong")
    func order() throws {
        let seen = Watched<[String]>([])
        @Sendable func attempt(_ send: ASGISend, _ event: ASGISendEvent) async {
            do { try await send(event) } catch { seen.change { $0.append("\(error)") } }
        }
        _ = try written { _, send in
            await attempt(send, .httpResponseTrailers())
            try await send(.httpResponseStart(status: 200, trailers: true))
            await attempt(send, .httpResponseTrailers())
            try await send(.httpResponseBody(ByteBuffer(string: "ab"), more: true))
            await attempt(send, .httpResponseTrailers())
            try await send(.httpResponseBody())
            await attempt(send, .httpResponseBody(ByteBuffer(string: "more")))
            try await send(.httpResponseTrailers(["a": "b"]))
            await attempt(send, .httpResponseTrailers())
        }
        #expect(seen.value.count == 5)
        #expect(seen.value.first?.contains("has not announced it") == true)
        #expect(seen.value.last?.contains("after the response was complete") == true)
    }
}

@Suite("Early hints")
struct EarlyHintTests {
    private func written(
        _ request: String = "GET / HTTP/1.1\r\nhost: a\r\n\r\n", isOffered: Bool = true, _ body: @escaping @Sendable (HTTPScope, ASGISend) async throws -> Void
    ) throws -> String {
        var text = ""
        try withMemoryConnection(httpApp { scope, _, send in try await body(scope, send) }, { $0.earlyHints = isOffered }) { memory in
            memory.receive(request)
            text = memory.written()
        }
        return text
    }

    private static let style = "</style.css>; rel=preload; as=style"

    @Test("come before the response, as often as the application likes")
    func sent() throws {
        let text = try written { scope, send in
            #expect(scope.extensions.earlyHint != nil && scope.extensions["http.response.early_hint"] != nil)
            try await send(.httpResponseEarlyHint(links: [Self.style, "</a.js>; rel=preload"]))
            try await send(.httpResponseEarlyHint(links: [Self.style]))
            try await send.answer("done")
        }
        let first = "HTTP/1.1 103 Early Hints\r\nlink: \(Self.style)\r\nlink: </a.js>; rel=preload\r\n\r\n"
        #expect(text.hasPrefix("\(first)HTTP/1.1 103 Early Hints\r\nlink: \(Self.style)\r\n\r\nHTTP/1.1 200 OK\r\n"))
    }

    @Test("are left out where the client would not understand them, or the configuration does not say so", arguments: [
        ("GET / HTTP/1.0\r\n\r\n", true), ("GET / HTTP/1.1\r\nhost: a\r\n\r\n", false),
    ])
    func notOffered(_ request: String, _ isOffered: Bool) throws {
        let text = try written(request, isOffered: isOffered) { scope, send in
            #expect(scope.extensions.earlyHint == nil)
            try await send(.httpResponseEarlyHint(links: [Self.style]))
            try await send.answer("done")
        }
        #expect(text.hasPrefix("HTTP/1.1 200 OK\r\n"))
    }

    @Test("that are no field, or too late, are the application's error")
    func refused() throws {
        let text = try written { _, send in
            await #expect(throws: ASGIError.self) { try await send(.httpResponseEarlyHint(links: ["a\r\nset-cookie: b"])) }
            try await send(.httpResponseStart(status: 200))
            await #expect(throws: ASGIError.self) { try await send(.httpResponseEarlyHint(links: [Self.style])) }
            try await send(.httpResponseBody(ByteBuffer(string: "done")))
        }
        #expect(text.hasPrefix("HTTP/1.1 200 OK\r\n"))
        #expect(!text.contains("set-cookie"))
    }
}
