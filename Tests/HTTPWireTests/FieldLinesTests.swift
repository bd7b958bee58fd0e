import Testing

@testable import HTTPWire

@Suite("Fields for protocols that compress them")
struct FieldLinesTests {
    private struct Line: Equatable, CustomStringConvertible {
        var name: String
        var value: [UInt8]
        var isUnique = false

        init(_ name: String, _ value: String, isUnique: Bool = false) {
            self.init(name, Array(value.utf8), isUnique: isUnique)
        }

        init(_ name: String, _ value: [UInt8], isUnique: Bool = false) {
            self.name = name
            self.value = value
            self.isUnique = isUnique
        }

        var description: String { "\(name): \(String(decoding: value, as: UTF8.self))" }
    }

    private func content(_ lines: borrowing FieldLines) -> [Line] {
        lines.withUnsafeLines { lines in
            (0..<lines.count).map { Line(String(decoding: lines[$0].name, as: UTF8.self), Array(lines[$0].value), isUnique: lines[$0].isUnique) }
        }
    }

    private static func set(
        _ lines: inout FieldLines, status: Int = 200, _ headers: Headers, bodyLength: Int? = nil, isHead: Bool = false, server: StaticString? = nil
    ) throws -> (framing: ResponseFraming, closes: Bool) {
        try lines.set(status: status, headers: headers, bodyLength: bodyLength, isHead: isHead, date: nil, server: server, requestID: nil)
    }

    private static func setAlone(status: Int = 200, _ headers: Headers) throws {
        var lines = FieldLines()
        _ = try set(&lines, status: status, headers)
    }

    @Test("names are in lower case, and fields of HTTP/1's connections are left out")
    func names() throws {
        var lines = FieldLines()
        let (framing, closes) = try Self.set(
            &lines, ["Content-Type": "text/plain", "Connection": "close", "Transfer-Encoding": "chunked", "Keep-Alive": "5", "X-A": "b"], server: "roost")
        let found = content(lines)
        #expect(found == [Line(":status", "200"), Line("content-type", "text/plain"), Line("x-a", "b"), Line("server", "roost")])
        #expect(framing == .chunked && closes)
    }

    @Test("white space about values is left out, in strings and in bytes")
    func whiteSpace() throws {
        var lines = FieldLines()
        let headers: Headers = ["a": " b c\t", "d": " \t "]
        let expected = [Line(":status", "200"), Line("a", "b c"), Line("d", "")]
        _ = try Self.set(&lines, headers)
        let found = content(lines)
        #expect(found == expected)
        var builder = HeadersBuilder()
        for field in headers {
            Array(field.name.utf8).withUnsafeBytes { name in Array(field.value.utf8).withUnsafeBytes { builder.append(name: name, value: $0) } }
        }
        let block = builder.finish()
        _ = try Self.set(&lines, try #require(block))
        let foundInBytes = content(lines)
        #expect(foundInBytes == expected)
    }

    @Test("fields that come again are the same, and others are not, be they of the same length, in pieces or too large")
    func again() throws {
        var builder = HeadersBuilder()
        let long = String(repeating: "v", count: 2000)
        let all: [[(String, String)]] = [
            [("content-type", "text/plain"), ("x", "1")], [("content-type", "text/plain"), ("x", "1")], [("content-type", "text/plain"), ("x", "2")],
            [("content-type", "text/plais"), ("x", "2")], [("content-typ", "etext/plais"), ("x", "2")], [("content-type", "text/plain")],
            [("content-type", "text/plain"), ("x", "1")], [], [("content-type", "text/plain"), ("x", "1")], [("x", long)], [("x", long)],
            [("content-type", "text/plain"), ("x", "1")],
        ]
        for fields in all {
            for (name, value) in fields {
                Array(name.utf8).withUnsafeBytes { name in Array(value.utf8).withUnsafeBytes { builder.append(name: name, value: $0) } }
            }
            let finished = builder.finish()
            let made = try #require(finished)
            #expect(made.map { [$0.name, $0.value] } == fields.map { [$0.0, $0.1] })
        }
        // What was too much is forgotten.
        for _ in 0..<40 { Array(long.utf8).withUnsafeBytes { builder.append(name: $0, value: $0) } }
        let tooMuch = builder.finish()
        #expect(tooMuch == nil)
        Array("x".utf8).withUnsafeBytes { builder.append(name: $0, value: $0) }
        let made = builder.finish()
        #expect(made == ["x": "x"])
    }

    @Test("the length is announced once, and the server's own fields give way to the application's")
    func ownFields() throws {
        var lines = FieldLines()
        let (framing, closes) = try Self.set(&lines, status: 404, ["content-length": "3", "server": "mine"], bodyLength: 3, server: "roost")
        let found = content(lines)
        #expect(found == [Line(":status", "404"), Line("server", "mine"), Line("content-length", "3")])
        #expect(framing == .length(3) && !closes)
    }

    @Test("a request's id is not worth remembering")
    func unique() throws {
        var lines = FieldLines()
        _ = try lines.set(status: 204, headers: [:], bodyLength: 0, isHead: false, date: nil, server: nil, requestID: RequestID(1, 2))
        let found = content(lines)
        #expect(found == [Line(":status", "204"), Line("x-request-id", "00000000000000010000000000000002", isUnique: true)])
    }

    @Test("values are bytes: ISO 8859-1 for text, and as they are for bytes")
    func bytes() throws {
        var lines = FieldLines()
        _ = try Self.set(&lines, ["x": "caf\u{e9}"], bodyLength: 0)
        let found = content(lines)[1]
        #expect(found == Line("x", [0x63, 0x61, 0x66, 0xE9]))
        #expect(throws: InvalidResponseHead.self) { try Self.setAlone(["x": "\u{20ac}"]) }
    }

    @Test("what can be no field is refused", arguments: [("x y", "1"), ("", "1"), ("x", "a\nb"), ("x", "a\0"), ("x:", "1"), ("content-length", "two")])
    func refused(name: String, value: String) throws {
        var lines = FieldLines()
        #expect(throws: InvalidResponseHead.self) { try Self.setAlone([name: value]) }
        // The next message is none the worse.
        _ = try? Self.set(&lines, [name: value])
        _ = try Self.set(&lines, ["x": "1"], bodyLength: 0)
        let found = content(lines)
        #expect(found == [Line(":status", "200"), Line("x", "1"), Line("content-length", "0")])
    }

    @Test("statuses of final responses have three digits", arguments: [0, 99, 103, 1000, -1])
    func statuses(status: Int) {
        #expect(throws: InvalidResponseHead.self) { try Self.setAlone(status: status, [:]) }
    }

    @Test("trailers and interim responses")
    func others() throws {
        var lines = FieldLines()
        try lines.set(trailers: ["Grpc-Status": "0"])
        let found = content(lines)
        #expect(found == [Line("grpc-status", "0")])
        #expect(throws: InvalidResponseHead.self) {
            var lines = FieldLines()
            try lines.set(trailers: ["content-length": "0"])
        }
        try lines.set(interim: 103, ["link": "</a>"])
        let hints = content(lines)
        #expect(hints == [Line(":status", "103"), Line("link", "</a>")])
    }

    @Test("for logs it looks like HTTP/1.1")
    func text() throws {
        var lines = FieldLines()
        _ = try Self.set(&lines, ["X-A": "b"], bodyLength: 2)
        let text = String(decoding: lines.http1Text(), as: UTF8.self)
        #expect(text == "HTTP/2 200\r\nx-a: b\r\ncontent-length: 2\r\n\r\n")
    }
}
