import HTTPWire
import Testing

@testable import Roost

@Suite("The fields of log entries about a request")
struct LogFieldsTests {
    private static let traceID = "0af7651916cd43dd8448eb211c80319c"
    private static let head = "host: a\r\nuser-agent: agent 1\r\ntraceparent: 00-\(traceID)-b7ad6b7169203331-01\r\n"

    /// The one entry that `request` leads to.
    private func entry(
        _ request: String, containing text: String, from client: Endpoint? = Endpoint(host: "192.0.2.1", port: 999), _ configure: (inout Config) -> Void = { _ in },
        _ body: (MemoryConnection) -> Void = { _ in }, app: @escaping @Sendable (HTTPScope, ASGIReceive, ASGISend) async throws -> Void
    ) throws -> [String: String] {
        let log = LogCapture()
        let server = Endpoint(host: "127.0.0.1", port: 80)
        let config = testConfig(bind: .anyLoopbackPort, log: log) {
            // Whose traceparent is believed.
            $0.forwardedAllowIPs = peers("192.0.2.1, unix:")
            configure(&$0)
        }
        let policy = PeerPolicy(config, at: BoundAddress(endpoint: server), allowList: nil)
        try withMemoryConnection(httpApp(app), origin: ConnectionOrigin(client: client, server: server, policy: policy), config) { memory in
            memory.receive(request)
            body(memory)
        }
        let lines = log.lines(containing: text)
        try #require(lines.count == 1, "\(log.lines)")
        return lines[0].metadata
    }

    private func expectRequest(_ fields: [String: String], status: String?, bytes: String? = nil) {
        var fields = fields
        #expect(fields.removeValue(forKey: "request_id")?.count == 32)
        #expect(fields.removeValue(forKey: "duration_us").flatMap { Int($0) } != nil)
        fields["error_type"] = nil
        var expected = [
            "client": "192.0.2.1", "client_port": "999", "bind": "127.0.0.1:80", "method": "GET", "path": "/x", "user_agent": "agent 1", "trace_id": Self.traceID,
        ]
        expected["status"] = status
        expected["bytes"] = bytes
        #expect(fields == expected)
    }

    @Test("are who asked for what, where, and what was answered, of an application that throws")
    func failure() throws {
        expectRequest(try entry("GET /x?q HTTP/1.1\r\n\(Self.head)\r\n", containing: "application failed") { _, _, _ in throw Deliberate() }, status: "500")
    }

    @Test("have the status and the bytes that were sent before it threw")
    func laterFailure() throws {
        let fields = try entry("GET /x HTTP/1.1\r\n\(Self.head)\r\n", containing: "application failed") { _, _, send in
            try await send.start(201)
            try await send.piece("four")
            throw Deliberate()
        }
        expectRequest(fields, status: "201", bytes: "4")
    }

    @Test("are the same of a request that is refused after its head")
    func refusal() throws {
        let fields = try entry("GET /x HTTP/1.1\r\n\(Self.head)content-length: 5\r\n\r\n", containing: "request refused", { $0.maxBodySize = 4 }) { _, _, _ in }
        expectRequest(fields, status: "413")
    }

    @Test("are the same of a client that takes nothing of its response")
    func cut() throws {
        let fields = try entry(
            "GET /x HTTP/1.1\r\n\(Self.head)\r\n", containing: "took nothing",
            { $0.writeTimeout = .seconds(1) }, { $0.connection.deadlineReached() }
        ) { _, receive, send in
            try await send.start(200)
            try await send.piece("four")
            try await send.piece("more")
            while true { if case .httpDisconnect = try await receive() { break } }
        }
        expectRequest(fields, status: "200", bytes: "8")
    }

    @Test("have no more than is known of what is no request", arguments: ["GET / HTTP/1.1\r\nbroken\r\n\r\n"])
    func noRequest(_ text: String) throws {
        let fields = try entry(text, containing: "request refused") { _, _, _ in }
        #expect(fields == ["client": "192.0.2.1", "client_port": "999", "bind": "127.0.0.1:80", "status": "400"])
    }

    @Test("have the trace id of a traceparent that is valid, if the sender is trusted", arguments: [
        ("00-\(traceID)-b7ad6b7169203331-01", traceID), ("00-\(traceID)-b7ad6b7169203331", nil), ("00-\(traceID)-b7ad6b7169203331-01\r\ntraceparent: 00-\(traceID)-b7ad6b7169203331-01", nil),
    ])
    func trace(_ value: String, _ trace: String?) throws {
        let fields = try entry("GET /x HTTP/1.1\r\nhost: a\r\ntraceparent: \(value)\r\n\r\n", containing: "failed", from: nil) { _, _, _ in throw Deliberate() }
        #expect(fields["trace_id"] == trace)
        let others = try entry(
            "GET /x HTTP/1.1\r\nhost: a\r\ntraceparent: \(value)\r\n\r\n", containing: "failed", from: nil, { $0.forwardedAllowIPs = [] }
        ) { _, _, _ in throw Deliberate() }
        #expect(others["trace_id"] == nil)
        #expect(fields["client"] == "unknown" && fields["user_agent"] == nil)
    }
}
