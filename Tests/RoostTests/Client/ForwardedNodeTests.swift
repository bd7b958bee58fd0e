import Testing

@testable import Roost

@Suite("A sender as a proxy names it")
struct ForwardedNodeTests {
    private func text(_ node: ForwardedNode?) -> String {
        guard let node else { return "malformed" }
        return (node.address.map { "\($0)" } ?? "undisclosed") + (node.port.map { " \($0)" } ?? "")
    }

    /// A text, what X-Forwarded-For makes of it, and what Forwarded does, if that is something else.
    @Test(
        "has the grammar of its field",
        arguments: [
            ("192.0.2.43", "192.0.2.43", nil), ("192.0.2.43:0", "192.0.2.43 0", nil), ("192.0.2.43:65535", "192.0.2.43 65535", nil),
            ("192.0.2.43:00080", "192.0.2.43 80", nil), ("192.0.2.43:000080", "malformed", nil), ("192.0.2.43:65536", "malformed", nil),
            ("192.0.2.43:", "malformed", nil), ("192.0.2.43:-1", "malformed", nil), ("192.0.2.43:80:80", "malformed", nil), ("192.0.2.43 ", "malformed", nil),
            ("192.0.2.43:_p", "malformed", "192.0.2.43"), ("192.0.2.43:_", "malformed", nil), ("192.0.2", "malformed", nil), ("192.0.2.256", "malformed", nil),
            ("192.0.2.043", "malformed", nil), ("[192.0.2.43]", "malformed", nil), ("2001:db8::17", "2001:db8::17", "malformed"), ("::", "::", "malformed"),
            ("::1", "::1", "malformed"), ("::ffff:192.0.2.1", "::ffff:192.0.2.1", "malformed"), ("1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8", "malformed"),
            ("1:2:3:4:5:6:7:8:9", "malformed", nil), ("[2001:db8::17]", "2001:db8::17", nil), ("[2001:DB8::17]:4711", "2001:db8::17 4711", nil),
            ("[2001:db8::17]:_a.B-1_", "malformed", "2001:db8::17"), ("[2001:db8::17]4711", "malformed", nil), ("[2001:db8::17]:", "malformed", nil),
            ("[2001:db8::17", "malformed", nil), ("2001:db8::17]", "malformed", nil), ("[]", "malformed", nil), ("[", "malformed", nil), ("]", "malformed", nil),
            ("[[::1]]", "malformed", nil), ("[fe80::1%eth0]", "malformed", nil), ("unknown", "undisclosed", nil), ("UnKnown", "undisclosed", nil),
            ("unknown:80", "undisclosed 80", nil), ("unknown:_x", "malformed", "undisclosed"), ("unknownx", "malformed", nil), ("unknow", "malformed", nil),
            ("_", "malformed", nil), ("_a", "undisclosed", nil), ("_A.b_c-9", "undisclosed", nil), ("_a:80", "undisclosed 80", nil), ("_a b", "malformed", nil),
            ("_\u{E9}", "malformed", nil), ("_a/", "malformed", nil), ("", "malformed", nil), (":", "malformed", nil), (":80", "malformed", nil),
            ("UNKNOW\u{2E}", "malformed", nil), ("\u{15}\u{0E}known", "malformed", nil),
        ] as [(String, String, String?)]
    )
    func node(_ value: String, _ plain: String, _ forwarded: String?) {
        let bytes = bytes(value)
        #expect(text(ForwardedNode(bytes.span, .xForwardedFor)) == plain)
        #expect(text(ForwardedNode(bytes.span, .forwarded)) == forwarded ?? plain)
    }
}
