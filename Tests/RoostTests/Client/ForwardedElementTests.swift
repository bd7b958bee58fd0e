import Testing

@testable import Roost

@Suite("An element of Forwarded")
struct ForwardedElementTests {
    private func text(_ value: ToldValue?, in line: String) -> String? { value?.parse(bytes(line).span) { String($0) } }

    private func element(_ line: String) -> ForwardedElement? {
        let bytes = bytes(line)
        return ForwardedElement(bytes.span, 0..<bytes.count)
    }

    private func isList(_ line: String) -> Bool {
        let bytes = bytes(line)
        return ForwardedElement.isList(bytes.span, 0..<bytes.count)
    }

    @Test(
        "has pairs",
        arguments: [
            ("for=a;proto=b;host=c;by=d", "a", "b", "c"), ("HOST=c;PROTO=b;FOR=a", "a", "b", "c"), ("for=\"a\"", "a", nil, nil), ("for=\"\"", "", nil, nil),
            (#"for="\"\\\a""#, "\"\\a", nil, nil), (#"for="a;proto=b,host=c""#, "a;proto=b,host=c", nil, nil), (";;", nil, nil, nil), ("", nil, nil, nil),
            ("fora=b;xfor=c", nil, nil, nil), ("for=!#$%&'*+-.^_`|~", "!#$%&'*+-.^_`|~", nil, nil), ("for=\"\u{E9}\ta\"", "\u{E9}\ta", nil, nil),
        ] as [(String, String?, String?, String?)]
    )
    func pairs(_ line: String, _ node: String?, _ proto: String?, _ host: String?) throws {
        let element = try #require(self.element(line))
        #expect(text(element.node, in: line) == node)
        #expect(text(element.proto, in: line) == proto)
        #expect(text(element.host, in: line) == host)
        #expect(isList(line))
    }

    @Test("of another form is none", arguments: ["for", "for=", "=a", "for=a=b", "for=a b", "for=\"a", "for=\"a\\", "for=\"a\\\"", "for=\"a\"b", "\"for\"=a", "for=a;for=b", "for=a:b", "f r=a", "for=[::1]", "for=\u{E9}", "for=\"\u{0}\"", "for=\"\u{7F}\""])
    func malformed(_ line: String) {
        #expect(element(line) == nil)
        #expect(!isList(line))
    }

    @Test("is one of a list with commas", arguments: ["", ",", " , ,\t", "for=a, for=b", "for=a ,for=b", "for=a;x=\",\" , ;"])
    func list(_ line: String) {
        #expect(isList(line))
    }

    @Test("may have 16 pairs, not 17")
    func many() {
        let pairs = (0..<17).map { "p\($0)=v" }
        #expect(element(pairs.dropLast().joined(separator: ";")) != nil)
        #expect(element(pairs.joined(separator: ";")) == nil)
    }
}
