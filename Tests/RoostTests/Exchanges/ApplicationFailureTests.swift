import HTTPWire
import NIOCore
import Testing

@testable import Roost

@Suite("What becomes of an application's mistakes")
struct ApplicationFailureTests {
    private static let get = "GET /x HTTP/1.1\r\nhost: a\r\n\r\n"

    /// Gives one request to `app`: what the client gets, and what is logged as an error.
    private func ask(
        _ app: @escaping @Sendable (HTTPScope, ASGIReceive, ASGISend) async throws -> Void, request: String = get
    ) throws -> (text: String, errors: [LogCapture.Line], isClosed: Bool) {
        let log = LogCapture()
        var outcome = (text: "", isClosed: false)
        try withMemoryConnection(httpApp(app), log: log) { memory in
            memory.receive(request)
            outcome = (memory.written(), !memory.isOpen)
        }
        return (outcome.text, log.errors, outcome.isClosed)
    }

    private func expectServerError(_ outcome: (text: String, errors: [LogCapture.Line], isClosed: Bool), logged: String) {
        #expect(outcome.text.hasPrefix("HTTP/1.1 500 Internal Server Error\r\n"))
        #expect(outcome.text.contains("\r\nconnection: close\r\n") && outcome.text.hasSuffix("\r\n\r\nInternal Server Error"))
        #expect(outcome.isClosed)
        #expect(outcome.errors.count == 1)
        #expect(outcome.errors.first?.message.contains(logged) == true, "\(outcome.errors)")
        #expect(outcome.errors.first?.metadata["path"] == "/x")
    }

    @Test("one that throws before it starts a response: 500, close, and a line that says what and where")
    func throwsBeforeStart() throws {
        expectServerError(try ask { _, _, _ in throw Deliberate() }, logged: "Deliberate")
    }

    @Test("one that returns without a response: the same")
    func returnsWithout() throws {
        expectServerError(try ask { _, _, _ in }, logged: "without sending a response")
    }

    @Test("one that throws after http.response.start: the head, and a cut before anything that looks like an end")
    func throwsAfterStart() throws {
        let outcome = try ask { _, _, send in
            try await send.start()
            throw Deliberate()
        }
        #expect(outcome.text.hasPrefix("HTTP/1.1 200 OK\r\n") && outcome.text.hasSuffix("\r\n\r\n"))
        #expect(outcome.text.contains("transfer-encoding: chunked"))
        #expect(outcome.isClosed && outcome.errors.count == 1)
    }

    @Test("one that throws in the middle of a chunked body: no last chunk")
    func throwsMidChunked() throws {
        let outcome = try ask { _, _, send in
            try await send.start()
            try await send.piece("half")
            throw Deliberate()
        }
        #expect(outcome.text.hasSuffix("\r\n\r\n4\r\nhalf\r\n"))
        #expect(outcome.isClosed && outcome.errors.count == 1)
    }

    @Test("one that throws in the middle of a body of known length: less than was announced")
    func throwsMidLength() throws {
        let outcome = try ask { _, _, send in
            try await send.start(headers: ["content-length": "10"])
            try await send.piece("half")
            throw Deliberate()
        }
        #expect(outcome.text.contains("content-length: 10") && outcome.text.hasSuffix("\r\n\r\nhalf"))
        #expect(outcome.isClosed && outcome.errors.count == 1)
    }

    @Test("one that returns in the middle of a body: the same as if it had thrown")
    func returnsMidBody() throws {
        let outcome = try ask { _, _, send in
            try await send.start()
            try await send.piece("half")
        }
        #expect(outcome.text.hasSuffix("4\r\nhalf\r\n") && outcome.isClosed)
        #expect(outcome.errors.first?.message.contains("without completing") == true)
    }

    @Test("one that throws in the middle of a body that ends with the connection: a reset, not an end")
    func throwsMidUntilClose() throws {
        let log = LogCapture()
        let app = httpApp { _, _, send in
            try await send.start()
            try await send.piece("half")
            throw Deliberate()
        }
        try withMemoryConnection(app, log: log) { memory in
            memory.receive("GET / HTTP/1.0\r\n\r\n")
            guard case .now(reset: true) = memory.connection.ending else { return #expect(Bool(false), "\(memory.connection.ending)") }
        }
    }

    @Test("a body in one piece that is not as long as announced: 500", arguments: ["4", "6"])
    func wrongLengthAtOnce(_ length: String) throws {
        let outcome = try ask { _, _, send in try await send.answer("hello", headers: ["content-length": length]) }
        expectServerError(outcome, logged: "content-length of \(length)")
    }

    @Test("a streamed body that is longer than announced: the application gets an error, the client what was announced and no more")
    func tooLong() throws {
        let caught = Watched<ASGIError?>(nil)
        let outcome = try ask { _, _, send in
            try await send.start(headers: ["content-length": "6"])
            try await send.piece("1234")
            do { try await send.piece("5678", more: false) } catch let error as ASGIError { caught.value = error }
        }
        #expect(caught.value == .bodyTooLong(announced: 6))
        #expect(outcome.text.hasSuffix("\r\n\r\n1234") && outcome.isClosed)
        #expect(outcome.errors.count == 1)
    }

    @Test("a first piece that is longer than announced: an error, and none of it sent")
    func firstTooLong() throws {
        let caught = Watched<ASGIError?>(nil)
        let outcome = try ask { _, _, send in
            try await send.start(headers: ["content-length": "2"])
            do { try await send.piece("1234") } catch let error as ASGIError { caught.value = error }
        }
        #expect(caught.value == .bodyTooLong(announced: 2))
        #expect(!outcome.text.contains("1234") && outcome.isClosed)
    }

    @Test("a streamed body that is shorter than announced: the connection closed, and an error logged")
    func tooShort() throws {
        let outcome = try ask { _, _, send in
            try await send.start(headers: ["content-length": "6"])
            try await send.piece("1234")
            try await send.piece("", more: false)
        }
        #expect(outcome.text.hasSuffix("\r\n\r\n1234") && outcome.isClosed)
        #expect(outcome.errors.first?.message.contains("2 bytes shorter than the content-length of 6") == true)
    }

    @Test("a head that cannot be sent: 500, and nothing of it reaches the client", arguments: [
        ("x", "a\r\nset-cookie: stolen"),
        ("x", "a\nb"),
        ("x", "a\u{0}b"),
        ("bad name", "a"),
        ("bad:name", "a"),
        ("", "a"),
        ("content-length", "five"),
        ("content-length", "-1"),
        ("x", "\u{1F426}"),
    ])
    func invalidField(_ name: String, _ value: String) throws {
        let outcome = try ask { _, _, send in try await send.answer("hello", headers: Headers([HeaderField(name: name, value: value)])) }
        expectServerError(outcome, logged: "invalid response")
        #expect(!outcome.text.contains("stolen") && !outcome.text.contains("hello"))
    }

    @Test("a status that is none: 500", arguments: [-1, 0, 99, 100, 101, 199, 1000, .max])
    func invalidStatus(_ status: Int) throws {
        expectServerError(try ask { _, _, send in try await send.answer("hello", status: status) }, logged: "status")
    }

    @Test("one that catches the error of a bad head may send a good one")
    func recovers() throws {
        let outcome = try ask { _, _, send in
            do { try await send.answer("hello", status: 42) } catch { try await send.answer("recovered", status: 503) }
        }
        #expect(outcome.text.hasPrefix("HTTP/1.1 503 ") && outcome.text.hasSuffix("recovered"))
        #expect(outcome.errors.isEmpty && !outcome.isClosed)
    }

    @Test("events out of order are errors to the application, and the response goes on as if they had not been")
    func outOfOrder() throws {
        let errors = Watched<[String]>([])
        let attempt = { @Sendable (send: ASGISend, event: ASGISendEvent) async in
            do { try await send(event) } catch { errors.change { $0.append("\(error)") } }
        }
        let outcome = try ask { _, _, send in
            await attempt(send, .httpResponseBody(ByteBuffer(string: "too early")))
            await attempt(send, .lifespanStartupComplete)
            try await send.start(headers: ["content-length": "4"])
            await attempt(send, .httpResponseStart(status: 500))
            try await send.piece("good", more: false)
            await attempt(send, .httpResponseBody(ByteBuffer(string: "too late")))
            await attempt(send, .httpResponseStart(status: 500))
            await attempt(send, .lifespanShutdownFailed(message: ""))
        }
        #expect(outcome.text.hasPrefix("HTTP/1.1 200 OK\r\n") && outcome.text.hasSuffix("\r\n\r\ngood"))
        #expect(errors.value.count == 6 && errors.value.allSatisfy { $0.hasPrefix("unexpected ASGI event: ") })
        #expect(!outcome.isClosed && outcome.errors.isEmpty)
    }

    @Test("one that throws after its response is complete: an error logged, and the connection goes on")
    func throwsAfterComplete() throws {
        let outcome = try ask { _, _, send in
            try await send.answer("whole")
            throw Deliberate()
        }
        #expect(outcome.text.hasSuffix("whole") && !outcome.isClosed)
        #expect(outcome.errors.count == 1)
    }

    @Test("a failure behind an answered request leaves the answer alone")
    func pipelinedFailure() throws {
        let log = LogCapture()
        let app = httpApp { scope, _, send in
            if scope.rawPath == "/bad" { throw Deliberate() }
            try await send.answer("good")
        }
        try withMemoryConnection(app, log: log) { memory in
            memory.receive(["/1", "/2", "/bad", "/3"].map { "GET \($0) HTTP/1.1\r\nhost: a\r\n\r\n" }.joined())
            #expect(memory.responses().map(\.status) == [200, 200, 500])
            #expect(memory.closesAfterOutput)
        }
    }

    @Test("HEAD gets a 500 without a body")
    func head() throws {
        let outcome = try ask({ _, _, _ in throw Deliberate() }, request: "HEAD /x HTTP/1.1\r\nhost: a\r\n\r\n")
        #expect(outcome.text.hasPrefix("HTTP/1.1 500 ") && outcome.text.hasSuffix("\r\n\r\n") && outcome.isClosed)
    }

    @Test("descriptions of errors are one line each")
    func descriptions() {
        let errors: [ASGIError] = [.unexpectedEvent("why"), .invalidResponse("why"), .bodyTooLong(announced: 3), .clientGone]
        #expect(errors.allSatisfy { !"\($0)".isEmpty && !"\($0)".contains("\n") })
    }
}
