import Testing

@testable import RoostHost

@Suite("SHA-256")
struct SHA256Tests {
    private static func digest(_ pieces: [UInt8]...) -> String {
        var hash = SHA256()
        for piece in pieces { hash.update(piece.span.bytes) }
        return hash.finish()
    }

    /// NIST's example messages: CSRC "Example Values", and FIPS 180-2 appendix B.
    private static let messages: [([UInt8], String)] = [
        ([], "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        (Array("abc".utf8), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        (
            Array("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq".utf8),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
        ),
        (
            Array("abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu".utf8),
            "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1"
        ),
    ]

    @Test("NIST's example messages have their digests", arguments: messages)
    func examples(message: [UInt8], digest: String) {
        #expect(Self.digest(message) == digest)
    }

    @Test("so has the one of a million bytes")
    func long() {
        let million = [UInt8](repeating: 0x61, count: 1_000_000)
        #expect(Self.digest(million) == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0")
    }

    @Test("a message has one digest, wherever it is split")
    func split() {
        let message = (0..<200).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        let whole = Self.digest(message)
        for offset in 0...message.count {
            #expect(Self.digest(Array(message[..<offset]), Array(message[offset...])) == whole)
        }
    }
}
