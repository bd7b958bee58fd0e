import HTTPWire
import NIOCore
import Testing

@testable import Roost

@Suite("What a request is called")
struct RequestIDTests {
    private static let app = httpApp { scope, _, send in
        #expect(scope.extensions["roost.request_id"] as? String == scope.requestID)
        if scope.path == "/fail" { throw Deliberate() }
        try await send.answer(scope.requestID, headers: scope.path == "/own" ? ["X-Request-ID": "own"] : [:])
    }

    private func ask(
        _ path: String = "/", _ fields: String = "", log: LogCapture = LogCapture(), _ configure: (inout Config) -> Void = { _ in }
    ) throws -> Response {
        var response: Response?
        try withMemoryConnection(Self.app, log: log, configure) { memory in
            memory.receive("GET \(path) HTTP/1.1\r\nhost: a\r\n\(fields)\r\n")
            response = memory.responses().first
        }
        return try #require(response)
    }

    private func trusting(_ config: inout Config) { config.forwardedAllowIPs = [.unix] }

    @Test("is 32 digits if nobody says, another each time, the same in scope and answer")
    func made() throws {
        var ids: Set<String> = []
        try withMemoryConnection(Self.app) { memory in
            for _ in 0..<50 { memory.receive("GET / HTTP/1.1\r\nhost: a\r\n\r\n") }
            for response in memory.responses() {
                #expect(response["x-request-id"] == response.text)
                #expect(response.text.utf8.count == 32 && response.text.utf8.allSatisfy { "0123456789abcdef".utf8.contains($0) })
                ids.insert(response.text)
            }
        }
        #expect(ids.count == 50)
    }

    @Test("is the trusted proxy's word, and nobody else's")
    func received() throws {
        let trace = "4bf92f3577b34da6a3ce929d0e0e4736"
        for (fields, id) in [
            ("x-request-id: abc\r\n", "abc"),
            ("x-request-id: forged\r\nX-Request-ID: abc\r\n", "abc"),
            ("traceparent: 00-\(trace)-00f067aa0ba902b7-01\r\n", trace),
            ("traceparent: 00-\(trace)-00f067aa0ba902b7-01\r\nx-request-id: abc\r\n", "abc"),
        ] {
            let believed = try ask("/", fields, trusting)
            #expect(believed.text == id && believed["x-request-id"] == id)
            let other = try ask("/", fields)
            #expect(other.text != id && other.text.utf8.count == 32 && other["x-request-id"] == other.text)
        }
        for fields in ["x-request-id: a b\r\n", "x-request-id:\r\n", "traceparent: 00-\(String(repeating: "0", count: 32))-00f067aa0ba902b7-01\r\n"] {
            #expect(try ask("/", fields, trusting).text.utf8.count == 32)
        }
    }

    @Test("is not sent if the application has sent one, or if that is not wanted")
    func notSent() throws {
        #expect(try ask("/own").fields.filter { $0.name.lowercased() == "x-request-id" }.map(\.value) == ["own"])
        #expect(try ask("/") { $0.includeRequestIDHeader = false }["x-request-id"] == nil)
    }

    @Test("is in the answer and the log's line about a request that the server refuses")
    func refused() throws {
        let log = LogCapture()
        let response = try ask("/", "x-request-id: abc\r\ncontent-length: 100\r\n", log: log) {
            trusting(&$0)
            $0.maxBodySize = 10
        }
        #expect(response.status == 413 && response["x-request-id"] == "abc")
        #expect(log.lines(containing: "request refused").map { $0.metadata["request_id"] } == ["abc"])
    }

    @Test("is in the log's line about a failure, and in the 500 that the client gets")
    func failure() throws {
        let log = LogCapture()
        let response = try ask("/fail", "x-request-id: abc\r\n", log: log, trusting)
        #expect(response.status == 500 && response["x-request-id"] == "abc")
        #expect(log.errors.first?.metadata["request_id"] == "abc")
    }
}
