import HTTPWire
import Testing

@Suite("Host")
struct HostTests {
    @Test(
        "is a name or an address, and perhaps a port",
        arguments: [
            "h", "localhost", "example.com", "EXAMPLE.com.", "a-b_c~d.example", "xn--bcher-kva.example", "127.0.0.1", "999.1.1.1", "h:0", "h:80", "h:00080",
            "h:65535", "a%20b", "a!$&'()*+;=b", "[::]", "[::1]", "[::1]:8080", "[1::]", "[2001:db8::1]", "[2001:DB8:0:0:0:0:0:1]", "[1:2:3:4:5:6:7:8]",
            "[::ffff:192.0.2.1]", "[1:2:3:4:5:6:192.0.2.1]", "[1:2:3::7:8]", "[1::8]:1", "12345678", "123456789.example:443",
        ]
    )
    func valid(_ host: String) {
        let (outcome, different) = parseEveryWay(latin1("GET / HTTP/1.1\r\nHost: \(host)\r\n\r\n"))
        #expect(outcome.head?.host == host, "\(outcome)")
        #expect(different == nil)
    }

    @Test(
        "of any other form is refused",
        arguments: [
            "", " ", "h h", "h,h", "h, h", "a,b", ":80", "h:", "h:-1", "h:+1", "h:65536", "h:99999", "h:100000", "h:8a", "h:80:80", "h: 80", "a@h", "a:b@h", "h/", "/", "h?",
            "h#", "h\\", "http://h", "[", "]", "[]", "[]:80", "[::1", "::1", "[::1]a", "[::1]:", "[::1]:x", "[:::]", "[1:2:3:4:5:6:7]", "[1:2:3:4:5:6:7:8:9]",
            "[1:2:3:4:5:6:7:8::]", "[::1::2]", "[12345::]", "[g::]", "[1:]", "[:1]", "[::1.2.3]", "[::1.2.3.256]", "[::1.2.3.4.5]", "[::01.2.3.4]", "[::1.2.3.4:1]",
            "[fe80::1%25eth0]", "[v1.x]", "h%", "h%2", "h%zz", "\"h\"", "<h>", "h\u{E9}", "h\th", "{h}", "h|", "h^", "h`",
        ] as [Input]
    )
    func invalid(_ host: Input) {
        let (outcome, different) = parseEveryWay(latin1("GET / HTTP/1.1\r\nHost: \(host.text)\r\n\r\n"))
        #expect(outcome.status == 400, "\(outcome)")
        #expect(different == nil)
    }

    @Test("must be there once on HTTP/1.1, and at most once on HTTP/1.0")
    func number() {
        #expect(parse("GET / HTTP/1.1\r\n\r\n").status == 400)
        #expect(parse("GET / HTTP/1.1\r\nHost: h\r\nHost: h\r\n\r\n").status == 400)
        #expect(parse("GET / HTTP/1.1\r\nHost: h\r\nhOST: g\r\n\r\n").status == 400)
        #expect(parse("GET / HTTP/1.0\r\n\r\n").head?.host == "")
        #expect(parse("GET / HTTP/1.0\r\nHost: h\r\n\r\n").head?.host == "h")
        #expect(parse("GET / HTTP/1.0\r\nHost: h\r\nHost: h\r\n\r\n").status == 400)
        #expect(parse("GET / HTTP/1.0\r\nHost:\r\n\r\n").status == 400)
    }
}
