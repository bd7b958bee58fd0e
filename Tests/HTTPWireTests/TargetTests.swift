import HTTPWire
import Testing

@Suite("A request's target")
struct TargetTests {
    /// What is expected of a target.
    struct Case: Sendable, CustomTestStringConvertible {
        let target: String
        var method = "GET"
        let rawPath, path, query: String
        var form = RequestHead.TargetForm.origin
        var testDescription: String { target }
    }

    @Test(
        "falls into path and query",
        arguments: [
            Case(target: "/", rawPath: "/", path: "/", query: ""),
            Case(target: "/?", rawPath: "/", path: "/", query: ""),
            Case(target: "/a/b?c=d?e/f%zz&g", rawPath: "/a/b", path: "/a/b", query: "c=d?e/f%zz&g"),
            Case(target: "//h/../a/./b//", rawPath: "//h/../a/./b//", path: "//h/../a/./b//", query: ""),
            Case(target: "/a%20b%2Fc%2f%41?d%20e", rawPath: "/a%20b%2Fc%2f%41", path: "/a b/c/A", query: "d%20e"),
            Case(target: "/%25%32%35", rawPath: "/%25%32%35", path: "/%25", query: ""),
            Case(target: "/%C3%A9%e2%82%ac", rawPath: "/%C3%A9%e2%82%ac", path: "/é€", query: ""),
            Case(target: "/%FFa%C3", rawPath: "/%FFa%C3", path: "/\u{FFFD}a\u{FFFD}", query: ""),
            Case(target: "/%0A%0d%7f", rawPath: "/%0A%0d%7f", path: "/\n\r\u{7F}", query: ""),
            Case(target: "/!\"$&'()*+,-.:;<=>@[\\]^_`{|}~", rawPath: "/!\"$&'()*+,-.:;<=>@[\\]^_`{|}~", path: "/!\"$&'()*+,-.:;<=>@[\\]^_`{|}~", query: ""),
            Case(target: "/12345678901234567890?12345678901234567890", rawPath: "/12345678901234567890", path: "/12345678901234567890", query: "12345678901234567890"),
            Case(target: "http://h", rawPath: "/", path: "/", query: "", form: .absolute),
            Case(target: "http://h?a=b", rawPath: "/", path: "/", query: "a=b", form: .absolute),
            Case(target: "http://h/", rawPath: "/", path: "/", query: "", form: .absolute),
            Case(target: "HTTPS://h/%41?b", rawPath: "/%41", path: "/A", query: "b", form: .absolute),
            Case(target: "http://h//x", rawPath: "//x", path: "//x", query: "", form: .absolute),
            Case(target: "*", method: "OPTIONS", rawPath: "*", path: "*", query: "", form: .asterisk),
            Case(target: "/*", method: "OPTIONS", rawPath: "/*", path: "/*", query: ""),
            Case(target: "http://h", method: "OPTIONS", rawPath: "/", path: "/", query: "", form: .absolute),
        ]
    )
    func parts(_ expected: Case) {
        let (outcome, different) = parseEveryWay(latin1(request("\(expected.method) \(expected.target) HTTP/1.1")))
        #expect(different == nil)
        #expect(outcome.head?.rawTarget == expected.target)
        #expect(outcome.head?.rawPath == expected.rawPath)
        #expect(outcome.head?.path == expected.path)
        #expect(outcome.head?.query == expected.query)
        #expect(outcome.head?.form == expected.form)
    }

    @Test(
        "is refused if it could be read in two ways, or not at all",
        arguments: [
            // Bytes.
            ("GET", "/#", 400), ("GET", "/a#b", 400), ("GET", "/?a#b", 400), ("GET", "#", 400), ("GET", "/\u{80}", 400), ("GET", "/\u{E9}", 400),
            ("GET", "/\u{7F}", 400), ("GET", "/\u{0}", 400), ("GET", "/a\u{1}", 400), ("GET", "/?\u{0}", 400), ("GET", "/?\u{FF}", 400),
            ("GET", "/\u{B}", 400), ("GET", "/\r", 400), ("GET", "/1234567\u{0}", 400), ("GET", "/?1234567\u{80}", 400),
            // Percent-encoding of the path.
            ("GET", "/%", 400), ("GET", "/%4", 400), ("GET", "/%zz", 400), ("GET", "/%4g", 400), ("GET", "/%G4", 400), ("GET", "/%%41", 400),
            ("GET", "/%00", 400), ("GET", "/a%00b", 400), ("GET", "/%u0041", 400), ("GET", "/%?", 400), ("GET", "/%4?", 400),
            ("GET", "http://h/%zz", 400), ("GET", "http://h/%00", 400),
            // Forms.
            ("GET", "*", 400), ("OPTIONS", "**", 400), ("OPTIONS", "*?", 400), ("options", "*", 400), ("GET", "a", 400), ("GET", "index.html", 400),
            ("GET", "h:80", 400), ("GET", "?a", 400), ("GET", "%2F", 400), ("GET", "ftp://h/", 400), ("GET", "http:/h/", 400), ("GET", "http:h", 400),
            ("GET", "http//h", 400), ("GET", "https:/", 400), ("GET", "ws://h/", 400), ("GET", "://h/", 400), ("GET", "javascript:a", 400),
            ("CONNECT", "h:80", 501), ("CONNECT", "h", 501), ("CONNECT", "[::1]:443", 501), ("CONNECT", "/", 400), ("CONNECT", "*", 501),
            ("CONNECT", "http://h/", 400), ("CONNECT", "h:80/", 400), ("CONNECT", "h:80?", 400), ("CONNECT", "a@h:80", 400),
            // The authority of the absolute form.
            ("GET", "http://", 400), ("GET", "http:///", 400), ("GET", "http://?a", 400), ("GET", "http://a@h/", 400), ("GET", "http://a:b@h/", 400),
            ("GET", "http://h:99999/", 400), ("GET", "http://other/", 400), ("GET", "http://h:80/", 400), ("GET", "http://h./", 400),
            ("GET", "http://h\\/", 400), ("GET", "http://[h]/", 400),
        ] as [(String, Input, Int)]
    )
    func refusals(_ method: String, _ target: Input, _ status: Int) {
        let (outcome, different) = parseEveryWay(latin1(request("\(method) \(target.text) HTTP/1.1")))
        #expect(outcome.status == status, "\(outcome)")
        #expect(different == nil)
    }

    @Test("may hold every visible byte but a number sign, wherever it stands")
    func everyByte() {
        for byte in UInt8.min...UInt8.max where byte != 0x25 {
            for prefix in ["/", "/a?", "/abcdef", "/abcdefg", "/abcdefgh", "/?bcdefg", "http://h/", "http://h/?abcdefgh"] {
                let outcome = parse(latin1("GET \(prefix)") + [byte] + latin1("xyz HTTP/1.1\r\nHost: h\r\n\r\n"))
                #expect(outcome.status == ((0x21..<0x7F).contains(byte) && byte != 0x23 ? 0 : 400), "byte \(byte) behind \(prefix)")
            }
        }
    }

    @Test("in absolute form stands for the host, and Host must be the same in any case")
    func absoluteHost() {
        let text = "GET http://Example.COM:8080/a HTTP/1.1\r\nHost: example.com:8080\r\n\r\n"
        #expect(parse(text).head?.host == "Example.COM:8080")
        #expect(parse("GET http://h/a HTTP/1.0\r\n\r\n").head?.host == "h")
        #expect(parse("GET http://h/a HTTP/1.0\r\nHost: g\r\n\r\n").status == 400)
        #expect(parse("GET http://h/a HTTP/1.1\r\n\r\n").status == 400)
        #expect(parse("GET http://h/a HTTP/1.1\r\nHost: hh\r\n\r\n").status == 400)
    }

    @Test("of one request says nothing about the next on the same parser")
    func reuse() {
        var parser = RequestParser()
        let first = latin1("GET http://long.example.org/%41 HTTP/1.1\r\nHost: long.example.org\r\n\r\n")
        #expect(Parsed(parser.parse(first.span)).head?.form == .absolute)
        for line in ["OPTIONS * HTTP/1.1", "GET /%zz?%zz HTTP/1.1", "GET /a?%zz HTTP/1.1"] {
            parser.reset()
            #expect(Parsed(parser.parse(latin1(request(line)).span)) == parse(request(line)))
        }
    }
}
