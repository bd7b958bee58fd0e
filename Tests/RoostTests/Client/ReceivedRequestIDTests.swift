import Testing

@testable import Roost

@Suite("The id that a request brings")
struct ReceivedRequestIDTests {
    private static let trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    private static let parent = "00f067aa0ba902b7"

    @Test(
        "is the last X-Request-ID, else the trace id of the one traceparent",
        arguments: [
            ([], nil), (["X-Request-ID: abc"], "abc"), (["X-Request-ID: a", "X-Request-ID: b"], "b"), (["X-Request-ID:"], nil),
            (["X-Request-ID: azAZ09._~+/=:@-"], "azAZ09._~+/=:@-"), (["X-Request-ID: a b"], nil), (["X-Request-ID: a,b"], nil), (["X-Request-ID: \u{E9}"], nil),
            (["X-Request-ID: a\"b"], nil), (["X-Request-ID: \(String(repeating: "a", count: 128))"], String(repeating: "a", count: 128)),
            (["X-Request-ID: \(String(repeating: "a", count: 129))"], nil), (["X-Request-ID: a", "X-Request-ID: b b"], nil), (["X-Request-IDs: a"], nil),
            (["Traceparent: 00-\(trace)-\(parent)-01"], trace), (["X-Request-ID: abc", "Traceparent: 00-\(trace)-\(parent)-01"], "abc"),
            (["Traceparent: 00-\(trace)-\(parent)-01", "X-Request-ID: a b"], trace),
            (["Traceparent: 00-\(trace)-\(parent)-01", "Traceparent: 00-\(trace)-\(parent)-01"], nil),
        ] as [([String], String?)]
    )
    func text(_ lines: [String], _ id: String?) throws {
        #expect(ReceivedRequestID.text(in: try #require(makeHead(lines))) == id)
    }

    @Test(
        "is in a traceparent of version 00, or of a later one, which may be longer",
        arguments: [
            ("00-\(trace)-\(parent)-00", true), ("00-\(trace)-\(parent)-ff", true), ("01-\(trace)-\(parent)-01", true), ("fe-\(trace)-\(parent)-01", true),
            ("01-\(trace)-\(parent)-01-what-ever", true), ("01-\(trace)-\(parent)-01-", true), ("00-\(trace)-\(parent)-01-", false), ("00-\(trace)-\(parent)-01-x", false),
            ("01-\(trace)-\(parent)-01x", false), ("01-\(trace)-\(parent)-012", false), ("ff-\(trace)-\(parent)-01", false), ("0-\(trace)-\(parent)-01", false),
            ("00-\(trace.uppercased())-\(parent)-01", false), ("00-\(trace)-\(parent.uppercased())-01", false), ("00-\(trace)-\(parent)-0G", false),
            ("0x-\(trace)-\(parent)-01", false), ("00-\(String(repeating: "0", count: 32))-\(parent)-01", false), ("00-\(trace)-0000000000000000-01", false),
            ("00-\(trace)-\(parent)-0", false), ("00-\(trace)-\(parent)", false), ("00_\(trace)-\(parent)-01", false), ("00-\(trace)_\(parent)-01", false),
            ("00-\(trace)-\(parent)_01", false), ("", false), ("00-\(trace.dropLast())\u{E9}-\(parent)-01", false),
        ]
    )
    func traceParent(_ value: String, _ isValid: Bool) {
        #expect(TraceParent(bytes(value)[...])?.traceID == (isValid ? Self.trace : nil))
        #expect(TraceParent(bytes(value)[...])?.spanID == (isValid ? Self.parent : nil))
        #expect(TraceParent(bytes("x" + value).dropFirst())?.traceID == (isValid ? Self.trace : nil))
    }

    @Test("is UNIQUE_ID as text, or in hexadecimal digits if it is none")
    func uniqueID() {
        #expect(ReceivedRequestID.text(uniqueID: Array("7F000001:ED5A_0A:1F90".utf8)) == "7F000001:ED5A_0A:1F90")
        #expect(ReceivedRequestID.text(uniqueID: [0x00, 0x9A, 0xFF]) == "009aff")
        #expect(ReceivedRequestID.text(uniqueID: Array("a b".utf8)) == "612062")
        #expect(ReceivedRequestID.text(uniqueID: []) == nil)
        #expect(ReceivedRequestID.text(uniqueID: Array(repeating: 0, count: 128))?.utf8.count == 256)
    }
}
