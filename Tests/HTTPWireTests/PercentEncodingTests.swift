import Testing

@testable import HTTPWire

@Suite("Percent-encoding of paths")
struct PercentEncodingTests {
    @Test("what a path may have stays, and everything else is encoded", arguments: [
        ("", ""), ("/", "/"), ("/shop/a-b_c.d~e", "/shop/a-b_c.d~e"), ("/!$&'()*+,;=:@", "/!$&'()*+,;=:@"), ("/a b", "/a%20b"),
        ("/caf\u{E9}", "/caf%C3%A9"), ("/100%", "/100%25"), ("/a?b#c", "/a%3Fb%23c"), ("/\u{0}\"<>[\\]^`{|}\u{7F}", "/%00%22%3C%3E%5B%5C%5D%5E%60%7B%7C%7D%7F"),
    ])
    func encoding(_ path: String, _ encoded: String) {
        #expect(path.percentEncodedPath == encoded)
        #expect(String(percentDecoding: Array(encoded.utf8)[...]) == path)
    }
}
