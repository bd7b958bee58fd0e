import HTTPWire
import SeededRandom
import Testing

@Suite("Whatever arrives")
struct FuzzTests {
    /// Pieces that mean something to a parser, to be put into other input.
    private static let pieces = [
        "\r\n", "\r", "\n", "\r\n\r\n", " ", "\t", ":", ",", ";", "%", "%00", "#", "?", "/", "*", "\u{0}", "\u{7F}", "\u{80}", "\u{FF}", "HTTP/1.1", "HTTP/1.0", "HTTP/2.0", "Host: h\r\n",
        "Content-Length: 5\r\n", "Transfer-Encoding: chunked\r\n", "chunked", "Connection: close\r\n", "Expect: 100-continue\r\n", "http://h", "0", "5\r\n", "ffffffffffffffff", "x: y\r\n", "CONNECT ",
    ].map(latin1)

    /// Changes an input in one to four places.
    private static func mutate(_ bytes: [UInt8], _ generator: inout SeededGenerator) -> [UInt8] {
        var bytes = bytes
        for _ in 0..<Int.random(in: 1...4, using: &generator) {
            let offset = Int.random(in: 0...bytes.count, using: &generator)
            let end = min(bytes.count, offset + Int.random(in: 0...8, using: &generator))
            switch Int.random(in: 0..<6, using: &generator) {
            case 0: bytes.insert(UInt8.random(in: 0...255, using: &generator), at: offset)
            case 1: if offset < bytes.count { bytes[offset] ^= 1 << UInt8.random(in: 0..<8, using: &generator) }
            case 2: bytes.removeSubrange(offset..<end)
            case 3: bytes.insert(contentsOf: pieces.randomElement(using: &generator) ?? [], at: offset)
            case 4: bytes.insert(contentsOf: bytes[offset..<end], at: Int.random(in: 0...bytes.count, using: &generator))
            default: bytes.replaceSubrange(offset..<end, with: pieces.randomElement(using: &generator) ?? [])
            }
        }
        return bytes
    }

    @Test("as a head is accepted or refused, the same way however it is cut, and means the same when it is written again")
    func heads() {
        var generator = SeededGenerator(seed: 2)
        let corpus = (Corpus.valid + Corpus.invalid).map(\.bytes)
        var small = RequestLimits()
        small.requestLine = 40
        small.fieldSize = 40
        small.fieldCount = 3
        small.headSize = 120
        var accepted = 0
        for _ in 0..<fuzzIterations {
            let bytes = Self.mutate(corpus.randomElement(using: &generator) ?? [], &generator)
            let limits = Int.random(in: 0..<4, using: &generator) == 0 ? small : RequestLimits()
            let whole = parse(bytes, limits: limits)
            var parser = RequestParser(limits: limits)
            let cuts = (0..<Int.random(in: 1...4, using: &generator)).map { _ in Int.random(in: 0...bytes.count, using: &generator) }.sorted()
            let pieces = parse(bytes, arrivingUpTo: cuts, with: &parser)
            guard pieces == whole else {
                Issue.record("\(bytes) cut at \(cuts): \(pieces), whole: \(whole)")
                return
            }
            guard var head = whole.head else { continue }
            accepted += 1
            // What was left out is not written again.
            head.hasDroppedFields = false
            let again = parse(head.bytes)
            guard again.head == head || (limits == small && again.head != nil) else {
                Issue.record("\(bytes) read as \(head), written again read as \(again)")
                return
            }
        }
        #expect(accepted > fuzzIterations / 100)
    }

    @Test("as a chunked body is decoded or refused, the same way however it is cut")
    func bodies() {
        var generator = SeededGenerator(seed: 3)
        let corpus = Corpus.chunked.map(\.bytes)
        for _ in 0..<fuzzIterations {
            let bytes = Self.mutate(corpus.randomElement(using: &generator) ?? [], &generator)
            let whole = Decoded(bytes, cuts: [])
            let cuts = (0..<Int.random(in: 1...4, using: &generator)).map { _ in Int.random(in: 0...bytes.count, using: &generator) }.sorted()
            let pieces = Decoded(bytes, cuts: cuts)
            guard pieces == whole else {
                Issue.record("\(bytes) cut at \(cuts): \(pieces), whole: \(whole)")
                return
            }
        }
    }
}
