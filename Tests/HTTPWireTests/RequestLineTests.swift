import HTTPWire
import Testing

@Suite("A request line")
struct RequestLineTests {
    @Test(
        "is refused with the status that belongs to what is wrong with it",
        arguments: [
            // The parts and the spaces between them.
            ("", 0), ("GET", 0), ("GET /", 0), ("GET / HTTP/1.1", 0),
            (" GET / HTTP/1.1\r\n", 400), ("GET  / HTTP/1.1\r\n", 400), ("GET /  HTTP/1.1\r\n", 400), ("GET / HTTP/1.1 \r\n", 400),
            ("GET\t/ HTTP/1.1\r\n", 400), ("GET /\tHTTP/1.1\r\n", 400), ("GET /a b HTTP/1.1\r\n", 400), ("GET /\r\n", 400),
            ("GET \r\n", 400), ("GET\r\n", 400), ("\r\n\r\nGET / HTTP/1.1\r\n", 400), ("\n", 400), ("\rG", 400), ("\r\n\rG", 400),
            // Line ends.
            ("GET / HTTP/1.1\n", 400), ("GET / HTTP/1.1\rH", 400), ("GET / HTTP/1.1\r\r\n", 400),
            // The method.
            ("G@T / HTTP/1.1\r\n", 400), ("GE\u{0}T / HTTP/1.1\r\n", 400), ("G\u{E9}T / HTTP/1.1\r\n", 400), ("GET: / HTTP/1.1\r\n", 400),
            (Input(String(repeating: "A", count: 32) + " / HTTP/1.1\r\n"), 0), (Input(String(repeating: "A", count: 33)), 501),
            // The version.
            ("GET / HTTP/1.2\r\n", 0), ("GET / HTTP/1.9\r\n", 0), ("GET / HTTP/1.0\r\n", 0),
            ("GET / HTTP/2.0\r\n", 505), ("GET / HTTP/0.9\r\n", 505), ("GET / HTTP/3\r\n", 505), ("GET / HTTP/2\r\n", 505), ("GET / HTTP/9.9\r\n", 505),
            ("GET / HTTP/1\r\n", 400), ("GET / HTTP/0\r\n", 400), ("GET / HTTP/1.\r\n", 400), ("GET / HTTP/1.10\r\n", 400), ("GET / HTTP/01.1\r\n", 400),
            ("GET / HTTP/10.1\r\n", 400), ("GET / HTTP/1,1\r\n", 400), ("GET / HTTP/1.x\r\n", 400), ("GET / HTTP/x.1\r\n", 400), ("GET / http/1.1\r\n", 400),
            ("GET / Http/1.1\r\n", 400), ("GET / HTTP 1.1\r\n", 400), ("GET / HTTPS/1.1\r\n", 400), ("GET / 1.1\r\n", 400), ("GET / HTTP/-1.1\r\n", 400),
            // Other protocols.
            ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505), ("\u{16}\u{03}\u{01}", 400), ("\u{80}\u{2E}\u{01}", 400), ("SSH-2.0-x\r\n", 400),
            ("PING\r\n", 400), ("*1\r\n$4\r\n", 400), ("PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n", 400), ("\r\n\r\n\u{0}\r\nQUIT\n", 400),
        ] as [(Input, Int)]
    )
    func refusals(_ line: Input, _ status: Int) {
        let (outcome, different) = parseEveryWay(line.bytes)
        #expect(outcome.status == status, "\(outcome)")
        #expect(different == nil)
        if status == 0 { #expect(outcome == .needMore) }
    }

    @Test(
        "is refused at the first byte that makes it wrong",
        arguments: [
            ("\u{16}", 400), (" ", 400), ("\n", 400), ("\rx", 400), ("GET /\u{7F}", 400), ("GET /#", 400), ("GET /%x", 400), ("GET /%0x", 400),
            ("GET /%00", 400), ("GET / X", 400), ("GET / HTTP/1.1\rx", 400), ("GET / HTTP/1x", 400), ("GET / HTTP/1.1x", 400), ("GET h\n", 400),
        ] as [(Input, Int)]
    )
    func earliness(_ prefix: Input, _ status: Int) {
        let bytes = prefix.bytes
        #expect(parse(bytes).status == status)
        #expect(parse(Array(bytes.dropLast())) == .needMore)
    }

    @Test("may follow one empty line, which belongs to the head's length")
    func emptyLine() {
        let (outcome, different) = parseEveryWay(latin1("\r\n" + request() + "next"))
        #expect(different == nil)
        guard case .complete(let head, let length) = outcome else {
            Issue.record("\(outcome)")
            return
        }
        #expect(head.method == "GET")
        #expect(length == 2 + request().utf8.count)
    }

    @Test("gives the version, and higher minor versions count as 1.1", arguments: [("1.0", RequestHead.Version.http10), ("1.1", .http11), ("1.2", .http11), ("1.9", .http11)])
    func versions(_ version: String, _ expected: RequestHead.Version) {
        #expect(parse(request("GET / HTTP/\(version)")).head?.version == expected)
    }

    @Test("has a method of any token, in the case in which it came", arguments: ["GET", "get", "HEAD", "head", "M-SEARCH", "!#$%&'*+-.^_`|~", "X", "CONNECTED", "OPTION"])
    func methods(_ method: String) {
        let head = parse(request("\(method) / HTTP/1.1")).head
        #expect(head?.method == method)
        #expect(head?.isHead == (method == "HEAD"))
    }
}
