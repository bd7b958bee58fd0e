import HTTPWire
import NIOCore
import Testing

@testable import Roost

/// What was said in one exchange, without the fields that tell the time.
private func essence(_ responses: [Response]) -> [String] {
    responses.map { "\($0.status) \($0.text)" }
}

@Suite("An HTTP/1 connection, however its bytes are cut")
struct RequestSplittingTests {
    private static let requests = """
        GET /first HTTP/1.1\r\nhost: a\r\n\r\n\
        POST /second HTTP/1.1\r\nhost: a\r\ncontent-length: 10\r\n\r\n0123456789\
        POST /third HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n\
        3\r\nabc\r\n5;name=value\r\ndefgh\r\n0\r\nx-sum: 1\r\n\r\n\
        HEAD /fourth HTTP/1.1\r\nhost: a\r\n\r\n\
        GET http://a/fifth?query HTTP/1.1\r\nhost: a\r\n\r\n
        """

    /// Answers with the path and the body.
    private static let app = httpApp { scope, receive, send in
        let body = try await receive.body().map { String(buffer: $0) } ?? "cut off"
        try await send.answer("\(scope.method) \(scope.rawPath) \(body)")
    }

    private static let expected = ["200 GET /first ", "200 POST /second 0123456789", "200 POST /third abcdefgh", "200 ", "200 GET /fifth "]

    /// Takes the responses apart; the fourth answers HEAD.
    private func read(_ text: String) throws -> [String] {
        var reader = ResponseReader()
        var unread = Array(text.utf8)
        let more = { () -> [UInt8] in
            defer { unread = [] }
            return unread
        }
        let responses = try ["GET", "POST", "POST", "HEAD", "GET"].map { try reader.next(to: $0, more: more) }
        #expect(reader.buffer.isEmpty)
        return essence(responses)
    }

    @Test("requests in one piece are answered in order")
    func whole() throws {
        try withMemoryConnection(Self.app) { memory in
            memory.receive(Self.requests)
            let answers = try read(memory.written())
            #expect(answers == Self.expected)
            #expect(memory.isOpen)
        }
    }

    @Test("requests cut in two at every byte are answered the same")
    func everyCut() throws {
        let bytes = Array(Self.requests.utf8)
        for cut in 1..<bytes.count {
            try withMemoryConnection(Self.app) { memory in
                memory.receive(Array(bytes[..<cut]))
                memory.receive(Array(bytes[cut...]))
                let answers = try read(memory.written())
                #expect(answers == Self.expected, "cut at \(cut)")
            }
        }
    }

    @Test("requests that come byte by byte are answered the same")
    func everyByte() throws {
        try withMemoryConnection(Self.app) { memory in
            memory.drip(Self.requests)
            let answers = try read(memory.written())
            #expect(answers == Self.expected)
        }
    }

    @Test("requests that come in odd pieces are answered the same", arguments: [2, 3, 5, 7, 11, 13, 64, 100])
    func pieces(size: Int) throws {
        let bytes = Array(Self.requests.utf8)
        try withMemoryConnection(Self.app) { memory in
            for start in stride(from: 0, to: bytes.count, by: size) {
                memory.receive(Array(bytes[start..<min(start + size, bytes.count)]))
            }
            let answers = try read(memory.written())
            #expect(answers == Self.expected)
        }
    }

    @Test("a hundred pipelined requests in one write are answered in order, in one write")
    func hundred() throws {
        try withMemoryConnection(Apps.path) { memory in
            memory.receive((0..<100).map { "GET /\($0) HTTP/1.1\r\nhost: a\r\n\r\n" }.joined())
            #expect(memory.responses().map(\.text) == (0..<100).map { "/\($0)" })
            #expect(memory.connection.isIdle)
        }
    }

    @Test("a body that the application leaves unread is skipped, and the request behind it answered", arguments: [1, 9, 4096, 60_000])
    func skipped(length: Int) throws {
        try withMemoryConnection(Apps.path) { memory in
            let body = String(repeating: "G", count: length)
            memory.receive("POST /one HTTP/1.1\r\nhost: a\r\ncontent-length: \(length)\r\n\r\n\(body)GET /two HTTP/1.1\r\nhost: a\r\n\r\n")
            #expect(memory.responses().map(\.text) == ["/one", "/two"])
        }
    }

    @Test("a chunked body that the application leaves unread is skipped when it comes later, byte by byte")
    func skippedLater() throws {
        try withMemoryConnection(Apps.path) { memory in
            memory.receive("POST /one HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n")
            #expect(memory.responses().map(\.text) == ["/one"])
            memory.drip("4\r\nabcd\r\na\r\n0123456789\r\n0\r\n\r\nGET /two HTTP/1.1\r\nhost: a\r\n\r\n")
            #expect(memory.responses().map(\.text) == ["/two"])
        }
    }
}
