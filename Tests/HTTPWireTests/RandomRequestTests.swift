import HTTPWire
import SeededRandom
import Testing

@Suite("Random requests")
struct RandomRequestTests {
    private static let token = Array("!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz".utf8).map { String(UnicodeScalar($0)) }
    private static let target = (0x21..<0x7F).filter { ![0x23, 0x25, 0x3F].contains($0) }.map { String(UnicodeScalar(UInt8($0))) }
    private static let value = (Array(0x21..<0x7F) + Array(0x80...0xFF)).map { String(UnicodeScalar(UInt8($0))) } + [" ", "\t"]
    private static let known: Set<String> = ["host", "connection", "upgrade", "expect", "content-length", "transfer-encoding"]

    private static func text(of parts: [String], _ lengths: ClosedRange<Int>, _ generator: inout SeededGenerator) -> String {
        (0..<Int.random(in: lengths, using: &generator)).map { _ in parts.randomElement(using: &generator) ?? "" }.joined()
    }

    /// A random head, and its bytes with white space and upper case where they mean nothing.
    private static func head(_ generator: inout SeededGenerator) -> (ParsedHead, [UInt8]) {
        var head = ParsedHead()
        head.method = text(of: token, 1...12, &generator)
        head.isHead = head.method == "HEAD"
        head.version = Bool.random(using: &generator) ? .http11 : .http10
        head.keepAlive = head.version == .http11
        head.rawPath = "/"
        for _ in 0..<Int.random(in: 0...4, using: &generator) {
            head.rawPath += text(of: target, 0...12, &generator) + (Bool.random(using: &generator) ? "%4\(Int.random(in: 1...9, using: &generator))" : "/")
        }
        head.path = head.rawPath
        for digit in 1...9 { head.path = head.path.split(separator: "%4\(digit)", omittingEmptySubsequences: false).joined(separator: String(UnicodeScalar(UInt8(0x40 + digit)))) }
        head.query = Bool.random(using: &generator) ? text(of: target + ["%", "?"], 0...40, &generator) : ""
        head.rawTarget = head.query.isEmpty ? head.rawPath : "\(head.rawPath)?\(head.query)"
        head.host = ["h", "example.com", "[::1]:80", "127.0.0.1:8080"].randomElement(using: &generator) ?? "h"

        var fields = [HeaderField(name: "host", value: head.host)]
        for _ in 0..<Int.random(in: 0...12, using: &generator) {
            // A name with an underscore would be left out.
            var name = text(of: token.filter { $0 != "_" }, 1...20, &generator)
            if known.contains(name) { name += "x" }
            let trimmed = text(of: value, 0...60, &generator).split(whereSeparator: { " \t".contains($0) }).joined(separator: " \t")
            fields.append(HeaderField(name: name, value: trimmed))
        }
        if Bool.random(using: &generator) {
            let length = Int.random(in: 1...Int.max, using: &generator)
            fields.append(HeaderField(name: "content-length", value: String(length)))
            head.framing = .length(length)
        } else if head.version == .http11, Bool.random(using: &generator) {
            fields.append(HeaderField(name: "transfer-encoding", value: "chunked"))
            head.framing = .chunked
        }
        head.fields = fields.shuffled(using: &generator)

        var bytes = latin1("\(head.method) \(head.rawTarget) HTTP/\(head.version == .http11 ? "1.1" : "1.0")\r\n")
        for field in head.fields {
            let space = ["", " ", "   "]
            let name = Bool.random(using: &generator) ? field.name.uppercased() : field.name
            bytes += latin1("\(name):\(space.randomElement(using: &generator) ?? "")\(field.value)\(space.randomElement(using: &generator) ?? "")\r\n")
        }
        return (head, bytes + latin1("\r\n"))
    }

    @Test("are read as they were written, however they are cut")
    func roundTrip() {
        var generator = SeededGenerator(seed: 1)
        var parser = RequestParser()
        for _ in 0..<500 {
            let (head, bytes) = Self.head(&generator)
            parser.reset()
            let cuts = (0..<3).map { _ in Int.random(in: 0...bytes.count, using: &generator) }.sorted()
            let outcome = parse(bytes, arrivingUpTo: cuts, with: &parser)
            guard outcome == .complete(head, length: bytes.count) else {
                Issue.record("\(String(decoding: bytes, as: UTF8.self)) \(outcome) expected \(head)")
                return
            }
            #expect(parse(bytes) == outcome)
        }
    }
}
