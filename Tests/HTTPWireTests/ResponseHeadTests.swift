import HTTPWire
import Testing

/// Encodes a head and reads it again.
private func encode(
    _ status: Int = 200, _ headers: Headers = [:], bodyLength: Int? = nil, version: RequestHead.Version = .http11, isHead: Bool = false,
    keepAlive: Bool = true, date: HTTPDate? = nil, server: StaticString? = nil
) throws -> (ReadResponse, EncodedHead) {
    var buffer = WireBuffer()
    let context = ResponseContext(requestVersion: version, isHead: isHead, keepAlive: keepAlive)
    let encoded = try buffer.appendResponseHead(status: status, headers: headers, bodyLength: bodyLength, context: context, date: date, server: server)
    return (try #require(ReadResponse(buffer.text), "\(buffer.text)"), encoded)
}

@Suite("A response's head")
struct ResponseHeadTests {
    @Test("is written to the byte")
    func bytes() throws {
        var buffer = WireBuffer()
        let encoded = try buffer.appendResponseHead(
            status: 200, headers: ["content-type": "text/plain", "X-Case": "Kept"], bodyLength: 12,
            context: ResponseContext(requestVersion: .http11, isHead: false, keepAlive: true), date: HTTPDate(secondsSince1970: 784_111_777), server: "roost"
        )
        #expect(
            buffer.text
                == "HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\nX-Case: Kept\r\ncontent-length: 12\r\ndate: Sun, 06 Nov 1994 08:49:37 GMT\r\nserver: roost\r\n\r\n"
        )
        #expect(encoded.framing == .length(12))
        #expect(encoded.keepAlive)
    }

    /// A case of framing: what the application and the request say, and what is expected.
    struct Framed: Sendable, CustomTestStringConvertible {
        var status = 200
        var headers: Headers = [:]
        var bodyLength: Int?
        var version = RequestHead.Version.http11
        var isHead = false
        var keepAlive = true
        let framing: ResponseFraming
        var length: [String] = []
        var coding: [String] = []
        var connection: [String] = []
        var testDescription: String { "\(status) \(headers) \(String(describing: bodyLength)) \(version) head:\(isHead) keep:\(keepAlive)" }
    }

    @Test(
        "announces how its body is framed, and whether the connection is kept",
        arguments: [
            Framed(bodyLength: 0, framing: .length(0), length: ["0"]),
            Framed(bodyLength: 5, framing: .length(5), length: ["5"]),
            Framed(framing: .chunked, coding: ["chunked"]),
            Framed(headers: ["content-length": "7"], framing: .length(7), length: ["7"]),
            Framed(headers: ["Content-Length": "007"], bodyLength: 7, framing: .length(7), length: ["7"]),
            Framed(headers: ["content-length": "7", "CONTENT-LENGTH": "7"], framing: .length(7), length: ["7"]),
            Framed(headers: ["transfer-encoding": "chunked"], bodyLength: 5, framing: .length(5), length: ["5"]),
            Framed(headers: ["Transfer-Encoding": "gzip"], framing: .chunked, coding: ["chunked"]),
            Framed(headers: ["content-length": "7", "transfer-encoding": "chunked"], framing: .length(7), length: ["7"]),
            Framed(status: 404, bodyLength: 9, framing: .length(9), length: ["9"]),
            // No body.
            Framed(status: 204, framing: .none),
            Framed(status: 204, headers: ["content-length": "0"], bodyLength: 0, framing: .none),
            Framed(status: 204, headers: ["content-length": "5"], bodyLength: 5, framing: .none),
            Framed(status: 205, bodyLength: 0, framing: .none, length: ["0"]),
            Framed(status: 205, framing: .none, length: ["0"]),
            Framed(status: 304, framing: .none),
            Framed(status: 304, bodyLength: 0, framing: .none),
            Framed(status: 304, headers: ["content-length": "5"], bodyLength: 0, framing: .none, length: ["5"]),
            Framed(headers: ["content-length": "5"], bodyLength: 0, isHead: true, framing: .none, length: ["5"]),
            Framed(headers: ["content-length": "5"], bodyLength: 5, isHead: true, framing: .none, length: ["5"]),
            Framed(bodyLength: 5, isHead: true, framing: .none, length: ["5"]),
            Framed(bodyLength: 0, isHead: true, framing: .none),
            Framed(isHead: true, framing: .none),
            Framed(isHead: true, keepAlive: false, framing: .none, connection: ["close"]),
            // The connection.
            Framed(bodyLength: 0, keepAlive: false, framing: .length(0), length: ["0"], connection: ["close"]),
            Framed(headers: ["connection": "close"], bodyLength: 0, framing: .length(0), length: ["0"], connection: ["close"]),
            Framed(headers: ["Connection": "a, Close ,b"], bodyLength: 0, framing: .length(0), length: ["0"], connection: ["close"]),
            Framed(headers: ["connection": "keep-alive"], bodyLength: 0, keepAlive: false, framing: .length(0), length: ["0"], connection: ["close"]),
            Framed(headers: ["connection": "keep-alive, upgrade"], bodyLength: 0, framing: .length(0), length: ["0"]),
            // HTTP/1.0.
            Framed(bodyLength: 5, version: .http10, framing: .length(5), length: ["5"], connection: ["keep-alive"]),
            Framed(bodyLength: 5, version: .http10, keepAlive: false, framing: .length(5), length: ["5"], connection: ["close"]),
            Framed(version: .http10, framing: .untilClose, connection: ["close"]),
            Framed(version: .http10, keepAlive: false, framing: .untilClose, connection: ["close"]),
            Framed(headers: ["content-length": "5"], version: .http10, framing: .length(5), length: ["5"], connection: ["keep-alive"]),
            Framed(status: 304, version: .http10, framing: .none, connection: ["keep-alive"]),
            Framed(version: .http10, isHead: true, framing: .none, connection: ["keep-alive"]),
        ]
    )
    func framing(_ expected: Framed) throws {
        let (read, encoded) = try encode(
            expected.status, expected.headers, bodyLength: expected.bodyLength, version: expected.version, isHead: expected.isHead, keepAlive: expected.keepAlive
        )
        #expect(encoded.framing == expected.framing)
        #expect(encoded.keepAlive == (expected.connection != ["close"]))
        #expect(read["content-length"] == expected.length)
        #expect(read["transfer-encoding"] == expected.coding)
        #expect(read["connection"] == expected.connection)
        let framingFields: Set<String> = ["content-length", "transfer-encoding", "connection"]
        #expect(read.fields.allSatisfy { framingFields.contains($0.name) })
    }

    @Test("drops what is the server's to say", arguments: ["Transfer-Encoding", "keep-alive", "Proxy-Connection", "upgrade", "CONNECTION"])
    func dropped(_ name: String) throws {
        let (read, _) = try encode(200, [name: "x", "kept": "y"], bodyLength: 0)
        #expect(read.fields == [HeaderField(name: "kept", value: "y"), HeaderField(name: "content-length", value: "0")])
    }

    @Test(
        "keeps a field whose name is almost that of one that is treated in a way of its own",
        arguments: ["date", "server", "upgrade", "connection", "keep-alive", "content-length", "proxy-connection", "transfer-encoding"]
    )
    func almostKnown(_ name: String) throws {
        for index in name.indices {
            for letter in ["q", "Q", "_", "1"] {
                let other = name.replacing(at: index, with: letter)
                let (read, encoded) = try encode(200, [other: "close"], bodyLength: 0, date: HTTPDate(secondsSince1970: 0), server: "s")
                #expect(read.fields.map(\.name) == [other, "content-length", "date", "server"])
                #expect(encoded.keepAlive)
            }
        }
    }

    @Test("has the application's date and server instead of the server's own")
    func dateAndServer() throws {
        let date = HTTPDate(secondsSince1970: 0)
        let own = try encode(200, [:], bodyLength: 0, date: date, server: "roost").0
        #expect(own["date"] == ["Thu, 01 Jan 1970 00:00:00 GMT"])
        #expect(own["server"] == ["roost"])
        let others = try encode(200, ["Date": "today", "SERVER": "mine"], bodyLength: 0, date: date, server: "roost").0
        #expect(others.fields.map(\.name) == ["Date", "SERVER", "content-length"])
        #expect(try encode(200, [:], bodyLength: 0).0.fields.count == 1)
    }

    @Test("writes values in ISO 8859-1")
    func latin1Values() throws {
        let value = "a\té\u{80}\u{A0}ÿz" + String(repeating: "ü", count: 20)
        let (read, _) = try encode(200, ["x": value, "empty": "", "long": String(repeating: "ab", count: 5000)], bodyLength: 0)
        #expect(read["x"] == [value])
        #expect(read["empty"] == [""])
        #expect(read["long"] == [String(repeating: "ab", count: 5000)])
    }

    @Test("takes a value of every byte but controls, of which a tab is allowed")
    func valueBytes() {
        for byte in UInt32(0)...255 {
            for (prefix, suffix) in [("", ""), ("ab", ""), ("abcdef", "g"), ("abcdefgh", "i"), ("abcdefghijkl", "")] {
                guard let scalar = UnicodeScalar(byte) else { continue }
                let isAllowed = byte == 9 || (byte >= 0x20 && byte != 0x7F)
                let value = prefix + String(Character(scalar)) + suffix
                #expect(((try? encode(200, ["x": value], bodyLength: 0))?.0["x"] == [value]) == isAllowed, "\(byte)")
            }
        }
    }

    @Test("takes a name of every byte of a token, and of no other")
    func nameBytes() {
        let token = Set("!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ".utf8)
        for byte in UInt8(0)...127 {
            for (prefix, suffix) in [("", ""), ("ab", ""), ("abcdef", "g"), ("abcdefgh", "i"), ("abcdefghijkl", "")] {
                let name = prefix + String(UnicodeScalar(byte)) + suffix
                #expect(((try? encode(200, [name: "v"], bodyLength: 0)) != nil) == token.contains(byte), "\(byte)")
            }
        }
    }

    /// A head that can't be sent.
    struct Refused: Sendable, CustomTestStringConvertible {
        let status: Int
        let headers: Headers
        let bodyLength: Int?
        var testDescription: String { "\(status) \(headers.description.debugDescription) \(String(describing: bodyLength))" }
    }

    @Test(
        "that can't be sent is refused, and nothing of it stays",
        arguments: [
            (99, [:], nil), (0, [:], nil), (-1, [:], nil), (100, [:], nil), (101, [:], nil), (103, [:], nil), (1000, [:], nil), (Int.max, [:], nil), (Int.min, [:], nil),
            (200, ["": "v"], nil), (200, ["a b": "v"], nil), (200, ["a:": "v"], nil), (200, ["a\r\n": "v"], nil), (200, ["é": "v"], nil), (200, ["a\u{0}": "v"], nil),
            (200, ["ok": "v", "x": "a\r\nset-cookie: b"], nil), (200, ["x": "a\nb"], nil), (200, ["x": "a\r"], nil), (200, ["x": "\u{0}"], nil), (200, ["x": "é\n"], nil),
            (200, ["x": "\u{7F}"], nil), (200, ["x": "\u{1B}[0m"], nil), (200, ["x": "€"], nil), (200, ["x": "Ā"], nil), (200, ["x": "👋"], nil), (200, ["x": "abcdefghijklé\r"], nil),
            (200, ["content-length": ""], nil), (200, ["content-length": "x"], nil), (200, ["content-length": "-1"], nil), (200, ["content-length": "+1"], nil),
            (200, ["content-length": "1, 1"], nil), (200, ["content-length": " 1"], nil), (200, ["content-length": "1234567890123456789"], nil),
            (200, ["content-length": "1", "Content-Length": "2"], nil), (200, ["content-length": "5"], 4), (200, ["content-length": "5"], 6), (204, ["content-length": "x"], nil),
        ].map(Refused.init)
    )
    func refusals(_ refused: Refused) {
        let (status, headers, bodyLength) = (refused.status, refused.headers, refused.bodyLength)
        var buffer = WireBuffer()
        buffer.append("before")
        let context = ResponseContext(requestVersion: .http11, isHead: false, keepAlive: true)
        do throws(InvalidResponseHead) {
            _ = try buffer.appendResponseHead(status: status, headers: headers, bodyLength: bodyLength, context: context, date: nil, server: nil)
            Issue.record("accepted: \(buffer.text)")
        } catch {
            #expect(!error.reason.isEmpty)
            #expect(error.reason.utf8.allSatisfy { (0x20..<0x7F).contains($0) })
        }
        #expect(buffer.text == "before")
    }

    @Test("has the reason phrase of its status, or none")
    func reasons() throws {
        for status in 200...999 {
            let (read, _) = try encode(status, [:], bodyLength: 0)
            #expect(read.status == status)
            #expect(read.reason == ReasonPhrase.text(for: status).description)
        }
        #expect(ReasonPhrase.text(for: 200).description == "OK")
        #expect(ReasonPhrase.text(for: 431).description == "Request Header Fields Too Large")
        #expect(ReasonPhrase.text(for: 299).description == "")
        #expect(ReasonPhrase.text(for: -1).description == "")
    }

    @Test("can send on the fields of a request")
    func echo() throws {
        var parser = RequestParser()
        guard case .complete(let head, _) = parser.parse(latin1(request("GET / HTTP/1.1", "X-A: \u{E9}", "Connection: close")).span) else {
            Issue.record("not complete")
            return
        }
        let (read, encoded) = try encode(200, head.headers, bodyLength: 0)
        #expect(read.fields.prefix(2) == [HeaderField(name: "host", value: "h"), HeaderField(name: "x-a", value: "\u{E9}")])
        #expect(!encoded.keepAlive)
    }
}
