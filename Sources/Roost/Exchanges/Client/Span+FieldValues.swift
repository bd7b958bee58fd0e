/// What the parsers of field values ask of bytes. Every access checks its bounds.
extension Span<UInt8> {
    /// The eight bytes from `offset` on, the first one lowest.
    @inline(__always)
    func word(at offset: Int) -> UInt64 {
        UInt64(littleEndian: bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt64.self))
    }

    /// All bytes as one word, the first one lowest, with ASCII letters in lower case: a short text to compare. Nil if there are more than eight.
    var lowercaseWord: UInt64? {
        guard count <= 8 else { return nil }
        var word: UInt64 = 0
        for index in indices.reversed() {
            let byte = self[index]
            word = word << 8 | UInt64(byte &- 0x41 < 26 ? byte | 0x20 : byte)
        }
        return word
    }

    @inline(__always)
    func firstIndex(of byte: UInt8) -> Int? {
        for index in indices where self[index] == byte { return index }
        return nil
    }

    @inline(__always)
    func lastIndex(of byte: UInt8) -> Int? {
        for index in indices.reversed() where self[index] == byte { return index }
        return nil
    }

    @inline(__always)
    func allSatisfy(_ isRight: (UInt8) -> Bool) -> Bool {
        for index in indices where !isRight(self[index]) { return false }
        return true
    }

    /// Where the bytes of `range` are without the spaces and tabs at its ends.
    func trimmingWhitespace(_ range: Range<Int>) -> Range<Int> {
        var (start, end) = (range.lowerBound, range.upperBound)
        while start < end, self[start] == 0x20 || self[start] == 0x09 { start &+= 1 }
        while start < end, self[end &- 1] == 0x20 || self[end &- 1] == 0x09 { end &-= 1 }
        return start..<end
    }
}

extension String {
    /// The bytes as text; nil if they are not UTF-8.
    init?(_ bytes: Span<UInt8>) {
        guard let text = try? UTF8Span(validating: bytes) else { return nil }
        self.init(copying: text)
    }
}
