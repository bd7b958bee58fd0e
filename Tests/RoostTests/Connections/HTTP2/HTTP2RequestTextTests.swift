import Testing

@testable import Roost

@Suite("Requests of HTTP/2 as text")
struct HTTP2RequestTextTests {
    private static let line = [(":method", "GET"), (":scheme", "https"), (":authority", "a.example"), (":path", "/p?q")]

    /// The text; nil if the request is malformed.
    private func text(_ fields: [(String, String)], in text: inout HTTP2RequestText) -> String? {
        text.begin()
        for (name, value) in fields { text.append(Array(name.utf8).span, Array(value.utf8).span) }
        do throws(HTTP2RequestText.Problem) { try text.end() } catch { return nil }
        return String(decoding: text.bytes, as: UTF8.self)
    }

    private func text(_ fields: [(String, String)]) -> String? {
        var empty = HTTP2RequestText()
        return text(fields, in: &empty)
    }

    @Test("it is what HTTP/1.1 would have sent")
    func line() {
        #expect(text(Self.line + [("x", "1"), ("y", "")]) == "GET /p?q HTTP/1.1\r\nhost: a.example\r\nx: 1\r\ny: \r\n\r\n")
        #expect(text(Self.line) == "GET /p?q HTTP/1.1\r\nhost: a.example\r\n\r\n")
        #expect(text([(":method", "OPTIONS"), (":scheme", "https"), (":path", "*"), ("host", "b")]) == "OPTIONS * HTTP/1.1\r\nhost: b\r\n\r\n")
    }

    @Test("a cookie that is split is one again, behind the other fields")
    func cookies() {
        #expect(text(Self.line + [("cookie", "a=1"), ("x", "1"), ("cookie", "b=2")]) == "GET /p?q HTTP/1.1\r\nhost: a.example\r\nx: 1\r\ncookie: a=1; b=2\r\n\r\n")
    }

    @Test("host may repeat :authority, in any case, and name nothing else")
    func host() {
        #expect(text(Self.line + [("host", "A.example")]) == "GET /p?q HTTP/1.1\r\nhost: a.example\r\n\r\n")
        #expect(text(Self.line + [("host", "b.example")]) == nil)
        #expect(text(Self.line + [("host", "a.example"), ("host", "a.example")]) == nil)
    }

    @Test("CONNECT is for WebSockets alone")
    func connect() {
        var request = HTTP2RequestText()
        let socket = [(":method", "CONNECT"), (":protocol", "websocket")] + Self.line.dropFirst()
        #expect(text(socket, in: &request) == "GET /p?q HTTP/1.1\r\nhost: a.example\r\n\r\n" && request.isWebSocket)
        #expect(text([(":method", "CONNECT"), (":authority", "a")], in: &request) == nil && !request.isWebSocket)
        #expect(text([(":method", "CONNECT"), (":protocol", "other"), (":path", "/")], in: &request) == nil)
        // Nothing of it is left for the next request.
        #expect(text(Self.line, in: &request) == "GET /p?q HTTP/1.1\r\nhost: a.example\r\n\r\n" && !request.isWebSocket)
    }

    @Test("nothing can change the text's shape", arguments: [
        ("x", "1\r\ny: 2"), ("x", "1\n"), ("x\r\n", "1"), ("x:y", "1"), ("x y", "1"), ("x", "\0"), ("", "1"), ("cookie", "a\rb"), ("host", "a\nb"),
    ])
    func shape(name: String, value: String) {
        #expect(text(Self.line.filter { $0.0 != ":authority" } + [(name, value)]) == nil)
    }

    @Test("nor can the request line", arguments: ["/a b", "/a\r\nx: y", "a", "", "/\u{7f}"])
    func path(path: String) {
        #expect(text([(":method", "GET"), (":authority", "a"), (":path", path), ("x", "1")]) == nil)
        #expect(text([(":method", path), (":authority", "a"), (":path", "/")]) == nil || path == "a")
        #expect(text([(":method", "GET"), (":authority", path), (":path", "/")])?.hasSuffix("\r\n\r\n") != true || !path.contains("\r"))
    }

    @Test("fields are counted as HTTP/2 counts them")
    func size() {
        var request = HTTP2RequestText()
        _ = text([("x", "123"), ("yy", "")], in: &request)
        #expect(request.listSize == 1 + 3 + 32 + 2 + 32)
    }
}
