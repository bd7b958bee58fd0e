import ProxyProtocol
import SeededRandom
import Testing

@Suite("Whatever arrives")
struct FuzzTests {
    /// Pieces that mean something to a parser, to be put into other input.
    private static let pieces: [[UInt8]] =
        ["PROXY ", "TCP4 ", "TCP6 ", "UNKNOWN", "\r\n", "\r", "\n", " ", "0", "65535", "65536", "255", ".", ":", "::", "1.2.3.4", "::ffff:1.2.3.4", "%", "/", "\u{0}", "\u{FF}"].map { Bytes($0).bytes }
        + [signature, [0x20], [0x21], [0x11], [0x31], [0, 12], [0, 216], [3, 0, 4], [3, 0, 4, 0, 0, 0, 0], [4, 0, 0], [5, 0, 128], [0x20, 0, 5, 1, 0, 0, 0, 0], [0x21, 0, 1], [0xFF, 0xFF]]

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
        // A binary header's length is made right now and then, so that what it holds is reached.
        if bytes.starts(with: signature), bytes.count >= 16, Int.random(in: 0..<3, using: &generator) > 0 {
            bytes[14] = UInt8((bytes.count - 16) >> 8 & 0xFF)
            bytes[15] = UInt8((bytes.count - 16) & 0xFF)
        }
        return bytes
    }

    @Test("is accepted or refused, the same way however it is cut, and means the same when it is written again")
    func headers() throws {
        var generator = SeededGenerator(seed: 2)
        let corpus = (Corpus.valid + Corpus.invalid + Corpus.other).map(\.bytes)
        var accepted = 0
        for _ in 0..<fuzzIterations {
            let bytes = Self.mutate(corpus.randomElement(using: &generator) ?? [], &generator)
            let maximum = [4096, 4096, 4096, 100, 65551].randomElement(using: &generator) ?? 0
            let whole = parse(bytes, maximumLength: maximum)
            let cuts = (0..<Int.random(in: 1...4, using: &generator)).map { _ in Int.random(in: 0...bytes.count, using: &generator) }.sorted()
            let pieces = parse(bytes, arrivingUpTo: cuts, maximumLength: maximum)
            guard pieces == whole else {
                Issue.record("\(bytes) cut at \(cuts): \(pieces), whole: \(whole)")
                return
            }
            if let error = whole.error { #expect(bytes.indices.contains(error.offset) || error.offset == bytes.count, "\(bytes) \(error)") }
            guard let header = whole.header, let length = whole.length else { continue }
            accepted += 1
            #expect(length <= max(maximum, 107) && length <= bytes.count)
            let again = parse(try header.encoded())
            // Padding is left out, so a checksum is another then.
            let tlvs = again.header?.tlvs.map { $0.kind == .crc32c ? .checksum : $0 }
            guard again.header?.addresses == header.addresses, tlvs == header.tlvs.map({ $0.kind == .crc32c ? .checksum : $0 }) else {
                Issue.record("\(bytes) read as \(header), written again read as \(again)")
                return
            }
        }
        #expect(accepted > fuzzIterations / 100)
    }
}
