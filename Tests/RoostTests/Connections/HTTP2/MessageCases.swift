/// Requests: RFC 9113 section 8.
extension HTTP2Case {
    static let messages: [HTTP2Case] = [
        HTTP2Case("a second head that does not end the request", "8.1", [open(1), .headers([("x", "y")], on: 1, ends: false)], .stream(1, .protocolError)),
        HTTP2Case("trailer fields end a request", "8.1", [open(1), .data("x", on: 1), .headers([("x", "y")], on: 1)], .status(1, 200)),
        HTTP2Case("a pseudo-field among trailer fields", "8.1", [open(1), .headers([(":path", "/")], on: 1)], .stream(1, .protocolError)),
        HTTP2Case("content-length without a body", "8.1.1", [.request("POST", "/echo", on: 1, [("content-length", "1")])], .stream(1, .protocolError)),
        HTTP2Case("a body shorter than content-length", "8.1.1", [.request("POST", "/echo", on: 1, ends: false, [("content-length", "2")]), .data("x", on: 1, ends: true)], .stream(1, .protocolError)),
        HTTP2Case("a body longer than content-length", "8.1.1", [.request("POST", "/echo", on: 1, ends: false, [("content-length", "2")]), .data("xyz", on: 1)], .stream(1, .protocolError)),
        HTTP2Case("a body in several frames that is longer than content-length", "8.1.1", [
            .request("POST", "/echo", on: 1, ends: false, [("content-length", "2")]), .data("x", on: 1), .data("yz", on: 1, ends: true),
        ], .stream(1, .protocolError)),
        HTTP2Case("a body with trailer fields that is shorter than content-length", "8.1.1", [
            .request("POST", "/echo", on: 1, ends: false, [("content-length", "2")]), .data("x", on: 1), .headers([("x", "y")], on: 1),
        ], .stream(1, .protocolError)),
        HTTP2Case("content-length that is no number", "8.1.1", [.request("POST", "/echo", on: 1, ends: false, [("content-length", "1x")])], .stream(1, .protocolError)),
        HTTP2Case("two values of content-length", "8.1.1", [.request("POST", "/echo", on: 1, ends: false, [("content-length", "1"), ("content-length", "2")])], .stream(1, .protocolError)),
        HTTP2Case("CONNECT with a path", "8.5", [.headers([(":method", "CONNECT"), (":authority", "test"), (":path", "/")], on: 1, ends: false)], .stream(1, .protocolError)),
        HTTP2Case("CONNECT without an authority", "8.5", [.headers([(":method", "CONNECT")], on: 1, ends: false)], .stream(1, .protocolError)),
    ]

    static let fields: [HTTP2Case] = [
        malformed("a name in upper case", "8.2.1", [("X-Upper", "1")]),
        malformed("a name with a space", "8.2.1", [("x y", "1")]),
        malformed("a name with a colon", "8.2.1", [("x:y", "1")]),
        malformed("a name with a line break", "8.2.1", [("x\r\ny", "1")]),
        malformed("a name with a byte beyond ASCII", "8.2.1", [("x\u{e9}", "1")]),
        HTTP2Case("an empty name", "8.2.1", [.request(on: 1, [("", "1")])], .stream(1, .protocolError)),
        malformed("a value with a carriage return", "8.2.1", [("x", "a\rb")]),
        malformed("a value with a line feed", "8.2.1", [("x", "a\nb")]),
        malformed("a value with a NUL", "8.2.1", [("x", "a\0b")]),
        malformed("a value that begins with a space", "8.2.1", [("x", " a")]),
        malformed("a value that ends with a tab", "8.2.1", [("x", "a\t")]),
        malformed("connection", "8.2.2", [("connection", "close")]),
        malformed("keep-alive", "8.2.2", [("keep-alive", "timeout=5")]),
        malformed("proxy-connection", "8.2.2", [("proxy-connection", "keep-alive")]),
        malformed("transfer-encoding", "8.2.2", [("transfer-encoding", "chunked")]),
        malformed("upgrade", "8.2.2", [("upgrade", "h2c")]),
        malformed("te that is not trailers", "8.2.2", [("te", "gzip")]),
        HTTP2Case("te: trailers", "8.2.2", [.request(on: 1, [("te", "trailers")])], .status(1, 200)),
        malformed("an unknown pseudo-field", "8.3", [(":x", "1")]),
        malformed("a pseudo-field of responses", "8.3", [(":status", "200")]),
        HTTP2Case("a pseudo-field behind another field", "8.3", [.headers(Array(line.dropLast()) + [("x", "y"), (":authority", "test")], on: 1)], .stream(1, .protocolError)),
        HTTP2Case("no :method", "8.3.1", [.headers(line.filter { $0.0 != ":method" }, on: 1)], .stream(1, .protocolError)),
        HTTP2Case("no :scheme", "8.3.1", [.headers(line.filter { $0.0 != ":scheme" }, on: 1)], .stream(1, .protocolError)),
        HTTP2Case("no :path", "8.3.1", [.headers(line.filter { $0.0 != ":path" }, on: 1)], .stream(1, .protocolError)),
        HTTP2Case("an empty :path", "8.3.1", [.headers(line.map { $0.0 == ":path" ? (":path", "") : $0 }, on: 1)], .stream(1, .protocolError)),
        malformed("two of :method", "8.3.1", [], twice: ":method"),
        malformed("two of :scheme", "8.3.1", [], twice: ":scheme"),
        malformed("two of :path", "8.3.1", [], twice: ":path"),
        malformed("two of :authority", "8.3.1", [], twice: ":authority"),
        HTTP2Case(":authority with a user", "8.3.1", [.request(on: 1, authority: "user@test")], .status(1, 400)),
        malformed("a host that is not :authority", "8.3.1", [("host", "other")]),
        malformed(":protocol without CONNECT", "RFC 8441 4", [(":protocol", "websocket")]),
    ]

    private static func malformed(_ name: String, _ section: String, _ more: ClientFrame.Fields, twice: String? = nil) -> HTTP2Case {
        let doubled = line.flatMap { $0.0 == twice ? [$0, $0] : [$0] }
        let isPseudo = more.first?.0.hasPrefix(":") ?? false
        return HTTP2Case(name, section, [.headers(isPseudo ? more + doubled : doubled + more, on: 1)], .stream(1, .protocolError))
    }
}
