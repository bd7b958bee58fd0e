import Testing

@testable import Roost

@Suite("An element of Forwarded")
struct ForwardedElementTests {
    private func text(_ value: ForwardedElement.Value?) -> String? { value.map { String(decoding: $0.bytes, as: UTF8.self) } }

    @Test(
        "has pairs",
        arguments: [
            ("for=a;proto=b;host=c;by=d", "a", "b", "c"), ("HOST=c;PROTO=b;FOR=a", "a", "b", "c"), ("for=\"a\"", "a", nil, nil), ("for=\"\"", "", nil, nil),
            (#"for="\"\\\a""#, "\"\\a", nil, nil), (#"for="a;proto=b,host=c""#, "a;proto=b,host=c", nil, nil), (";;", nil, nil, nil), ("", nil, nil, nil),
            ("fora=b;xfor=c", nil, nil, nil), ("for=!#$%&'*+-.^_`|~", "!#$%&'*+-.^_`|~", nil, nil), ("for=\"\u{E9}\ta\"", "\u{E9}\ta", nil, nil),
        ] as [(String, String?, String?, String?)]
    )
    func pairs(_ line: String, _ node: String?, _ proto: String?, _ host: String?) throws {
        let element = try #require(ForwardedElement(bytes(line)))
        #expect(text(element.node) == node)
        #expect(text(element.proto) == proto)
        #expect(text(element.host) == host)
        #expect(ForwardedElement.isList(bytes(line)))
    }

    @Test("of another form is none", arguments: ["for", "for=", "=a", "for=a=b", "for=a b", "for=\"a", "for=\"a\\", "for=\"a\\\"", "for=\"a\"b", "\"for\"=a", "for=a;for=b", "for=a:b", "f r=a", "for=[::1]", "for=\u{E9}", "for=\"\u{0}\"", "for=\"\u{7F}\""])
    func malformed(_ line: String) {
        #expect(ForwardedElement(bytes(line)) == nil)
        #expect(!ForwardedElement.isList(bytes(line)))
    }

    @Test("is one of a list with commas", arguments: ["", ",", " , ,\t", "for=a, for=b", "for=a ,for=b", "for=a;x=\",\" , ;"])
    func list(_ line: String) {
        #expect(ForwardedElement.isList(bytes(line)))
    }

    @Test("may have 16 pairs, not 17")
    func many() {
        let pairs = (0..<17).map { "p\($0)=v" }
        #expect(ForwardedElement(bytes(pairs.dropLast().joined(separator: ";"))) != nil)
        #expect(ForwardedElement(bytes(pairs.joined(separator: ";"))) == nil)
    }
}
