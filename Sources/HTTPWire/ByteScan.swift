/// Searches that look at eight bytes at a time. Every load checks its bounds, and every bit pattern is an integer, so nothing here is unsafe.
///
/// The tests on words put the answer for each byte into that byte's top bit. A subtraction's borrow can make a byte *behind* a hit look like
/// a hit too, never one before the first: so only the first is used.
extension RawSpan {
    /// The eight bytes from `offset` on, the first one lowest.
    @inline(__always)
    func word(at offset: Int) -> UInt64 {
        UInt64(littleEndian: unsafeLoadUnaligned(fromByteOffset: offset, as: UInt64.self))
    }

    /// The four bytes from `offset` on, the first one lowest.
    @inline(__always)
    func halfWord(at offset: Int) -> UInt32 {
        UInt32(littleEndian: unsafeLoadUnaligned(fromByteOffset: offset, as: UInt32.self))
    }

    @inline(__always)
    func byte(at offset: Int) -> UInt8 {
        unsafeLoad(fromByteOffset: offset, as: UInt8.self)
    }

    /// The offset of the first byte in `start..<end` that is neither an ASCII letter nor `-`; `end` if there is none.
    @inline(__always)
    func endOfLettersAndDashes(from start: Int, to end: Int) -> Int {
        var offset = start
        while end &- offset >= 8 {
            let word = word(at: offset)
            let others = ~word.lettersAndDashes & UInt64.topBits
            if others != 0 { return offset &+ others.trailingZeroBitCount >> 3 }
            offset &+= 8
        }
        while offset < end {
            let byte = byte(at: offset)
            guard (byte | 0x20) &- 0x61 < 26 || byte == 0x2D else { break }
            offset &+= 1
        }
        return offset
    }

    /// The offset of the first byte in `start..<end` that is a control character (0x00 to 0x1F, 0x7F); `end` if there is none.
    @inline(__always)
    func firstControl(from start: Int, to end: Int) -> Int {
        var offset = start
        while end &- offset >= 8 {
            let word = word(at: offset)
            let hits = word.bytes(below: 0x20) | word.bytes(equalTo: 0x7F)
            if hits != 0 { return offset &+ hits.trailingZeroBitCount >> 3 }
            offset &+= 8
        }
        while offset < end {
            let byte = byte(at: offset)
            guard byte >= 0x20, byte != 0x7F else { break }
            offset &+= 1
        }
        return offset
    }

    /// The offset of the first byte in `start..<end` that a target can't hold or that means something in it: white space, controls, bytes above
    /// 0x7E, `#`, `%` and `?`; `end` if there is none.
    @inline(__always)
    func endOfPlainTarget(from start: Int, to end: Int) -> Int {
        var offset = start
        while end &- offset >= 8 {
            let word = word(at: offset)
            let hits = word.bytes(below: 0x21) | word.bytes(equalTo: 0x7F) | (word & UInt64.topBits)
                | word.bytes(equalTo: 0x23) | word.bytes(equalTo: 0x25) | word.bytes(equalTo: 0x3F)
            if hits != 0 { return offset &+ hits.trailingZeroBitCount >> 3 }
            offset &+= 8
        }
        while offset < end {
            let byte = byte(at: offset)
            guard byte > 0x20, byte < 0x7F, byte != 0x23, byte != 0x25, byte != 0x3F else { break }
            offset &+= 1
        }
        return offset
    }

    /// Whether `test` finds no byte in any of the words that cover all bytes; the last word overlaps the one before it. Fewer than eight bytes
    /// are made one word with letters.
    @inline(__always)
    private func isFree(of test: (UInt64) -> UInt64) -> Bool {
        let count = byteCount
        guard count >= 8 else {
            if count >= 4 {
                return test(UInt64(halfWord(at: 0)) | UInt64(halfWord(at: count &- 4)) << 32) == 0
            }
            guard count > 0 else { return true }
            return test(UInt64(byte(at: 0)) | UInt64(byte(at: count >> 1)) << 8 | UInt64(byte(at: count &- 1)) << 16 | 0x6161_6161_6100_0000) == 0
        }
        var offset = 0
        while offset < count &- 8 {
            if test(word(at: offset)) != 0 { return false }
            offset &+= 8
        }
        return test(word(at: count &- 8)) == 0
    }

    /// Whether all bytes are ASCII letters or `-`.
    @inline(__always)
    package var isLettersAndDashes: Bool { isFree { ~$0.lettersAndDashes & UInt64.topBits } }

    /// Whether all bytes are ASCII and none is a control character.
    @inline(__always)
    package var isPrintableASCII: Bool { isFree { $0.bytes(below: 0x20) | $0.bytes(equalTo: 0x7F) | ($0 & UInt64.topBits) } }

    /// The same, and whether none is a quotation mark or a backslash: text that can stand between quotation marks as it is.
    @inline(__always)
    package var isPlainInQuotes: Bool {
        isFree {
            $0.bytes(below: 0x20) | $0.bytes(equalTo: 0x7F) | ($0 & UInt64.topBits) | $0.bytes(equalTo: UInt8(ascii: "\"")) | $0.bytes(equalTo: UInt8(ascii: "\\"))
        }
    }

    /// Whether no byte is a space.
    @inline(__always)
    package var hasNoSpace: Bool { isFree { $0.bytes(equalTo: 0x20) } }

    /// Whether the bytes in `range` are `text`, which must be in lower case, in any case.
    func equals(_ text: String, in range: Range<Int>) -> Bool {
        let text = text.utf8
        guard range.count == text.count else { return false }
        var offset = range.lowerBound
        for expected in text {
            guard byte(at: offset).lowercased == expected else { return false }
            offset &+= 1
        }
        return true
    }

    /// Whether the bytes in two ranges are the same in any case.
    func equalIgnoringCase(_ one: Range<Int>, _ other: Range<Int>) -> Bool {
        guard one.count == other.count else { return false }
        for index in 0..<one.count {
            guard byte(at: one.lowerBound + index).lowercased == byte(at: other.lowerBound + index).lowercased else { return false }
        }
        return true
    }

    /// `range` without the spaces and tabs at its ends.
    func trimmingWhitespace(_ range: Range<Int>) -> Range<Int> {
        var (start, end) = (range.lowerBound, range.upperBound)
        while start < end, byte(at: start) == 0x20 || byte(at: start) == 0x09 { start &+= 1 }
        while start < end, byte(at: end - 1) == 0x20 || byte(at: end - 1) == 0x09 { end &-= 1 }
        return start..<end
    }
}

extension UInt64 {
    @inline(__always)
    static var topBits: UInt64 { 0x8080_8080_8080_8080 }

    /// A word of eight times `byte`.
    @inline(__always)
    static func all(_ byte: UInt8) -> UInt64 { 0x0101_0101_0101_0101 &* UInt64(byte) }

    /// The bytes below `limit`, which is at most 0x80; exact up to the first.
    @inline(__always)
    func bytes(below limit: UInt8) -> UInt64 { (self &- Self.all(limit)) & ~self & Self.topBits }

    /// The bytes equal to `byte`; exact up to the first.
    @inline(__always)
    func bytes(equalTo byte: UInt8) -> UInt64 { (self ^ Self.all(byte)).bytes(below: 1) }

    /// The bytes that are ASCII letters or `-`; exact in every byte, since no sum here leaves its byte.
    @inline(__always)
    var lettersAndDashes: UInt64 {
        let low = self & ~Self.topBits
        let folded = low | Self.all(0x20)
        let letters = (folded &+ Self.all(0x80 - 0x61)) & ~(folded &+ Self.all(0x80 - 0x7B))
        let notDashes = (low ^ Self.all(0x2D)) &+ Self.all(0x7F)
        return (letters | ~notDashes) & ~self & Self.topBits
    }

    /// The word with its upper-case ASCII letters in lower case; exact in every byte.
    @inline(__always)
    var lowercased: UInt64 {
        let low = self & ~Self.topBits
        let upper = (low &+ Self.all(0x80 - 0x41)) & ~(low &+ Self.all(0x80 - 0x5B)) & ~self & Self.topBits
        return self | upper >> 2
    }
}

extension UnsafeRawBufferPointer {
    /// Whether both have the same bytes, looked at eight at a time.
    @inlinable
    package func equals(_ other: UnsafeRawBufferPointer) -> Bool {
        guard count == other.count else { return false }
        var offset = 0
        guard count >= 8 else {
            while offset < count {
                guard self[offset] == other[offset] else { return false }
                offset &+= 1
            }
            return true
        }
        while offset &+ 8 <= count {
            guard hasSameWord(as: other, at: offset) else { return false }
            offset &+= 8
        }
        return hasSameWord(as: other, at: count &- 8)
    }

    @inlinable @inline(__always)
    package func hasSameWord(as other: UnsafeRawBufferPointer, at offset: Int) -> Bool {
        loadUnaligned(fromByteOffset: offset, as: UInt64.self) == other.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
    }
}
