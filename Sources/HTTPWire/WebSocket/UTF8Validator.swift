/// Finds the first byte that makes a text no UTF-8 (RFC 3629), in bytes that arrive in pieces.
struct UTF8Validator {
    /// How many bytes the character that has begun still needs.
    private var needed = 0
    /// What its next byte must be: narrower than 0x80 to 0xBF where that would make an overlong form, a surrogate or more than U+10FFFF.
    private var lowest: UInt8 = 0x80
    private var highest: UInt8 = 0xBF

    /// Whether the bytes so far end where a character ends.
    var isComplete: Bool { needed == 0 }

    /// Takes the bytes from `start` on; returns false at the first that can't be right. The validator is of no use then.
    mutating func isValid(_ bytes: RawSpan, from start: Int = 0) -> Bool {
        let count = bytes.byteCount
        var offset = start
        while offset < count {
            if needed == 0 {
                offset = bytes.endOfASCII(from: offset)
                guard offset < count else { return true }
                guard begin(bytes.byte(at: offset)) else { return false }
            } else {
                let byte = bytes.byte(at: offset)
                guard byte >= lowest, byte <= highest else { return false }
                (lowest, highest) = (0x80, 0xBF)
                needed &-= 1
            }
            offset &+= 1
        }
        return true
    }

    /// Begins a character of more than one byte.
    @inline(__always)
    private mutating func begin(_ byte: UInt8) -> Bool {
        switch byte {
        case 0xC2...0xDF:
            needed = 1
        case 0xE0...0xEF:
            needed = 2
            if byte == 0xE0 { lowest = 0xA0 }
            if byte == 0xED { highest = 0x9F }
        case 0xF0...0xF4:
            needed = 3
            if byte == 0xF0 { lowest = 0x90 }
            if byte == 0xF4 { highest = 0x8F }
        default:
            return false
        }
        return true
    }
}

extension RawSpan {
    /// The offset of the first byte from `start` on that is not ASCII; `byteCount` if there is none.
    @inline(__always)
    fileprivate func endOfASCII(from start: Int) -> Int {
        var offset = start
        while byteCount &- offset >= 8 {
            let others = word(at: offset) & UInt64.topBits
            if others != 0 { return offset &+ others.trailingZeroBitCount >> 3 }
            offset &+= 8
        }
        while offset < byteCount, byte(at: offset) < 0x80 { offset &+= 1 }
        return offset
    }
}
