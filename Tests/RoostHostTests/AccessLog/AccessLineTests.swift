import FoundationEssentials
import Glibc
import HTTPWire
import NIOCore
import Roost
import Testing

@testable import RoostHost

@Suite("Access lines")
struct AccessLineTests {
    private static let request = """
        GET /a%20b?c=d HTTP/1.1\r\nhost: example.com\r\nuser-agent: agent 1\r\nreferer: https://example.com/\r\n\
        x-two: 1\r\nx-two: 2\r\nauthorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==\r\n\
        traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\r\n\r\n
        """

    @Test("tell of a request by atoms", arguments: [
        ("%(h)s %(port)s", "127.0.0.1 50000"), ("%(l)s", "-"), ("%(u)s", "Aladdin"), ("%(r)s", "GET /a%20b HTTP/1.1"), ("%(R)s", "GET /a%20b?c=d HTTP/1.1"),
        ("%(m)s|%(U)s|%(Uq)s|%(q)s|%(H)s|%(S)s", "GET|/a%20b|/a%20b?c=d|c=d|HTTP/1.1|http"), ("%(s)s %(st)s", "203 Non-Authoritative Information"),
        ("%(b)s %(B)s", "11 11"), ("%(f)s", "https://example.com/"), ("\"%(a)s\" %(a)s", #""agent 1" agent\x201"#), ("%(X)s", "+"),
        ("%({X-Two}i)s", "1,\\x202"), ("'%({x-none}i)s'", "'-'"), ("%({x-MARK}o)s|%({content-type}o)s", "one,\\x20two|text/plain"),
        ("%({transfer-encoding}o)s", "chunked"), ("%({x-none}o)s", "-"), ("%(trace)s", "0af7651916cd43dd8448eb211c80319c"), ("%(worker)s", "3"), ("%(bind)s", "-"),
        ("100%% %(T)s", "100% 0"),
    ])
    func atoms(_ format: String, _ line: String) async throws {
        #expect(try await LoggedRequests.line(format, worker: 3, Self.request) == line)
    }

    @Test("have times and ids of their request", arguments: [
        ("%(t)s", #"\[\d\d/[A-Z][a-z][a-z]/\d{4}:\d\d:\d\d:\d\d \+0000\]"#), ("%(D)s", #"\d+"#), ("%(M)s", #"\d+"#), ("%(L)s", #"\d+\.\d{6}"#),
        ("%(id)s", #"[0-9a-f]{32}"#), ("%({x-request-id}o)s", #"[0-9a-f]{32}"#), ("%(p)s", #"<\d+>"#),
        ("roost", #"127\.0\.0\.1 - Aladdin \[[^\]]+\] "GET /a%20b\?c=d HTTP/1\.1" 203 11 "https://example\.com/" "agent 1" \d\.\d{6} [0-9a-f]{32}"#),
        ("combined", #"127\.0\.0\.1 - Aladdin \[[^\]]+\] "GET /a%20b\?c=d HTTP/1\.1" 203 11 "https://example\.com/" "agent 1""#),
        ("common", #"127\.0\.0\.1 - Aladdin \[[^\]]+\] "GET /a%20b\?c=d HTTP/1\.1" 203 11"#),
    ])
    func patterns(_ format: String, _ pattern: String) async throws {
        let line = try await LoggedRequests.line(format, Self.request)
        #expect(try line.wholeMatch(of: Regex(pattern)) != nil, "\(line)")
    }

    @Test("have a dash for what is not known")
    func unknown() async throws {
        let line = try await LoggedRequests.line(
            "%(u)s %(b)s %(B)s %(f)s %(a)s %(q)s %(trace)s %(worker)s %({x}o)s", "GET / HTTP/1.0\r\nauthorization: Bearer QWxhZGRpbjpvcGVu\r\n\r\n",
            app: { scope, _, send in
                guard case .http = scope else { throw ASGIError.clientGone }
                try await send(.httpResponseStart(status: 204))
                try await send(.httpResponseBody(ByteBuffer()))
            })
        #expect(line == "- - 0 - - - - - -")
    }

    @Test("tell of a response that was broken off", arguments: [(true, "X 200 3 HTTP/1.1"), (false, "+ 500 21 HTTP/1.1")])
    func failures(_ hasStarted: Bool, _ line: String) async throws {
        struct Failure: Error {}
        let shown = try await LoggedRequests.line(
            "%(X)s %(s)s %(B)s %(H)s", "GET / HTTP/1.1\r\nhost: a\r\n\r\n",
            app: { scope, _, send in
                guard case .http = scope, hasStarted else { throw Failure() }
                try await send(.httpResponseStart(status: 200))
                try await send(.httpResponseBody(ByteBuffer(string: "abc"), more: true))
                throw Failure()
            })
        #expect(shown == line)
    }

    @Test("as JSON are one object of all that is known")
    func json() async throws {
        let line = try await LoggedRequests.line("json", worker: 2, Self.request)
        let object = try JSONDecoder().decode([String: JSONValue].self, from: Data(line.utf8))
        let expected: [String: JSONValue] = [
            "client": .text("127.0.0.1"), "client_port": .number(50000), "method": .text("GET"), "scheme": .text("http"), "host": .text("example.com"),
            "path": .text("/a%20b"), "query": .text("c=d"), "protocol": .text("HTTP/1.1"), "status": .number(203), "bytes": .number(11), "complete": .truth(true),
            "referer": .text("https://example.com/"), "user_agent": .text("agent 1"), "trace_id": .text("0af7651916cd43dd8448eb211c80319c"), "worker": .number(2),
        ]
        #expect(object.filter { expected[$0.key] != nil } == expected)
        #expect(Set(object.keys).subtracting(expected.keys) == ["time", "duration_us", "request_id"])
        guard case .number(let duration)? = object["duration_us"], case .text(let time)? = object["time"], case .text(let id)? = object["request_id"] else {
            return #expect(Bool(false))
        }
        #expect(duration >= 0)
        #expect(time.wholeMatch(of: #/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/#) != nil && id.count == 32)
    }

    @Test("take no password for the user's name", arguments: [
        ("Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==", "Aladdin"), ("basic   QTpi", "A"), ("Basic Og==", nil), ("Basic QWxhZGRpbg==", nil), ("Basic", nil), ("Basic !!!!", nil),
        ("Basic YQpiOmM=", "a\nb"), ("Digest QTpi", nil), ("", nil),
    ] as [(String, String?)])
    func users(_ value: String, _ user: String?) {
        let found = BasicCredentials.user(Array(value.utf8)[...]).map { String(decoding: $0, as: UTF8.self) }
        #expect((found == "" ? nil : found) == user)
    }

    @Test("have the time in UTC", arguments: [
        (0, "[01/Jan/1970:00:00:00 +0000]"), (1_795_421_143, "[23/Nov/2026:08:05:43 +0000]"), (1_709_164_799, "[28/Feb/2024:23:59:59 +0000]"),
        (1_709_164_800, "[29/Feb/2024:00:00:00 +0000]"), (1_735_689_599, "[31/Dec/2024:23:59:59 +0000]"), (-1, "[31/Dec/1969:23:59:59 +0000]"), (time_t.max, "-"),
    ])
    func time(_ second: time_t, _ shown: String) {
        var time = AccessLogTime()
        #expect(time.bytes(second) == Array(shown.utf8))
        #expect(time.bytes(second) == Array(shown.utf8))
        #expect(time.bytes(86400) == Array("[02/Jan/1970:00:00:00 +0000]".utf8))
    }
}

/// A value of JSON.
enum JSONValue: Decodable, Equatable {
    case text(String), number(Double), truth(Bool), null, list([JSONValue]), object([String: JSONValue])

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if container.decodeNil() {
            self = .null
        } else if let value = try? container.decode(Bool.self) {
            self = .truth(value)
        } else if let value = try? container.decode(Double.self) {
            self = .number(value)
        } else if let value = try? container.decode(String.self) {
            self = .text(value)
        } else if let value = try? container.decode([JSONValue].self) {
            self = .list(value)
        } else {
            self = .object(try container.decode([String: JSONValue].self))
        }
    }
}
