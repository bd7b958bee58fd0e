import HTTPWire
import Testing

@Suite("A header field")
struct FieldTests {
    @Test("keeps its bytes: names in lower case, values without the white space around them")
    func values() {
        let text = request("GET / HTTP/1.1", "X-Mixed-CASE.1.2: Value", "a:b", "Tabbed:\t b\tc d\t \t", "Empty:", "Blank:   ", "Bytes: \u{80}\u{E9}\u{FF}", "!#$%&'*+-.^`|~: x")
        let (outcome, different) = parseEveryWay(latin1(text))
        #expect(different == nil)
        #expect(
            outcome.head?.fields == [
                HeaderField(name: "host", value: "h"), HeaderField(name: "x-mixed-case.1.2", value: "Value"), HeaderField(name: "a", value: "b"),
                HeaderField(name: "tabbed", value: "b\tc d"), HeaderField(name: "empty", value: ""), HeaderField(name: "blank", value: ""),
                HeaderField(name: "bytes", value: "\u{80}\u{E9}\u{FF}"), HeaderField(name: "!#$%&'*+-.^`|~", value: "x"),
            ]
        )
    }

    @Test("may have a name of every byte of a token, and of no other")
    func names() {
        let token = Set("!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ".utf8)
        for byte in UInt8.min...UInt8.max {
            // Behind seven letters it ends a word of eight bytes, behind nine it begins another.
            for prefix in ["", "a", "abcdefg", "abcdefgh", "abcdefghi"] where !(byte == 0x3A && !prefix.isEmpty) && !(byte == 0x0D && prefix.isEmpty) {
                let outcome = parse(latin1("GET / HTTP/1.1\r\nHost: h\r\n\(prefix)") + [byte] + latin1("z: v\r\n\r\n"))
                #expect(outcome.status == (token.contains(byte) ? 0 : 400), "byte \(byte) behind \(prefix)")
                // A name with an underscore is left out: HeaderMapTests.
                if token.contains(byte), byte != 0x5F {
                    #expect(outcome.head?.fields.last?.name == "\(prefix)\(Character(UnicodeScalar(byte)))z".lowercased())
                }
            }
        }
    }

    @Test("may have a value of every byte but controls, of which a tab is allowed")
    func valueBytes() {
        for byte in UInt8.min...UInt8.max where byte != 0x0D {
            for prefix in ["x", "abcdefg", "abcdefgh", "abcdefghi"] {
                let outcome = parse(latin1("GET / HTTP/1.1\r\nHost: h\r\nA: \(prefix)") + [byte] + latin1("z\r\n\r\n"))
                let isAllowed = byte == 0x09 || (byte >= 0x20 && byte != 0x7F)
                #expect(outcome.status == (isAllowed ? 0 : 400), "byte \(byte) behind \(prefix)")
            }
        }
    }

    @Test(
        "is refused in every form that others may read differently",
        arguments: [
            "A : b", "A\t: b", " A: b", "\tA: b", ": b", "A", "A b: c", "A;: b", "\"A\": b", "A: b\r\n c", "A: b\r\n\tc", "A: b\rc", "A: b\r\r\nc: d", "A: b\nc: d", "A\r\n: b",
            "A: \u{0}", "A: b\u{0}c", "A: \u{1}", "A: \u{B}", "A: \u{C}", "A: \u{1F}", "A: \u{7F}", "A\u{0}: b", "\u{E9}: b", "A\u{80}: b", "(A): b", "A,B: c", "A/B: c", "A@: b", "[A]: b",
            "\u{FF}\u{FE}: b", "\rA: b",
        ] as [Input]
    )
    func refusals(_ field: Input) {
        let (outcome, different) = parseEveryWay(latin1(request("GET / HTTP/1.1", field.text)))
        #expect(outcome.status == 400, "\(outcome)")
        #expect(different == nil)
        let (first, firstDifferent) = parseEveryWay(latin1("GET / HTTP/1.1\r\n\(field.text)\r\nHost: h\r\n\r\n"))
        #expect(first.status == 400, "\(first)")
        #expect(firstDifferent == nil)
    }

    @Test("section must end with CRLF too", arguments: ["GET / HTTP/1.1\r\nHost: h\r\n\n", "GET / HTTP/1.1\r\nHost: h\r\n\rx", "GET / HTTP/1.1\r\nHost: h\r\n\r\r\n"] as [Input])
    func sectionEnd(_ input: Input) {
        let (outcome, different) = parseEveryWay(input.bytes)
        #expect(outcome.status == 400)
        #expect(different == nil)
    }

    @Test("with a name that is almost one that matters means nothing", arguments: ["host", "expect", "content-length", "transfer-encoding"])
    func almostKnown(_ name: String) {
        #expect(parse(request("GET / HTTP/1.1", "\(name): bad value")).status >= 400)
        #expect(parse(request("GET / HTTP/1.1", "\(name.uppercased()): bad value")).status >= 400)
        for index in name.indices {
            for letter in ["q", "Q", "_", "1"] {
                let other = name.replacing(at: index, with: letter)
                #expect(parse(request("GET / HTTP/1.1", "\(other): bad value")).head != nil, "\(other)")
            }
        }
    }

    @Test("is found by its name in any case, and by its bytes")
    func access() throws {
        var parser = RequestParser()
        let bytes = latin1("GET /a%20b?c HTTP/1.1\r\nHost: h\r\nX-One: 1\r\nx-ONE: 2\r\n\r\n")
        guard case .complete(let head, _) = parser.parse(bytes.span) else {
            Issue.record("not complete")
            return
        }
        #expect(head.firstIndex(ofField: "x-one") == 1)
        #expect(head.firstIndex(ofField: "X-One") == 1)
        #expect(head.firstIndex(ofField: "x-on") == nil)
        #expect(head.fieldCount == 3)
        #expect(String(decoding: head.bytes[head.methodRange], as: UTF8.self) == "GET")
        #expect(String(decoding: head.bytes[head.targetRange], as: UTF8.self) == "/a%20b?c")
        #expect(String(decoding: head.bytes[head.rawPathRange], as: UTF8.self) == "/a%20b")
        #expect(String(decoding: head.bytes[head.queryStringRange], as: UTF8.self) == "c")
        #expect(String(decoding: head.bytes[head.fieldNameRange(at: 2)], as: UTF8.self) == "x-one")
        #expect(String(decoding: head.bytes[head.fieldValueRange(at: 2)], as: UTF8.self) == "2")
        #expect(head.bytes.count == bytes.count)
    }
}

extension String {
    /// The string with another character at `index`.
    func replacing(at index: Index, with character: String) -> String {
        String(self[..<index]) + character + String(self[self.index(after: index)...])
    }
}
