/// A set of ASCII bytes as a bitmap of two words. Constants are computed properties, so that they fold into the code that asks.
struct ByteSet {
    /// One bit for each of the bytes 0 to 63, and for each of 64 to 127.
    let low, high: UInt64

    @inline(__always)
    func contains(_ byte: UInt8) -> Bool {
        byte < 0x80 && ((byte < 64 ? low : high) >> UInt64(byte & 63)) & 1 != 0
    }

    /// RFC 9110 section 5.6.2: the bytes of a `token`.
    @inline(__always)
    static var token: ByteSet { ByteSet(low: 0x03FF_6CFA_0000_0000, high: 0x57FF_FFFF_C7FF_FFFE) }

    /// RFC 3986 section 3.2.2: the bytes of a `reg-name` without `%`, which needs two digits behind it, and without the comma, which
    /// would read as a list.
    @inline(__always)
    static var registeredName: ByteSet { ByteSet(low: 0x2BFF_6FD2_0000_0000, high: 0x47FF_FFFE_87FF_FFFE) }

    @inline(__always)
    static var hexDigit: ByteSet { ByteSet(low: 0x03FF_0000_0000_0000, high: 0x0000_007E_0000_007E) }
}

extension UInt8 {
    @inline(__always)
    var isDecimalDigit: Bool { self &- 0x30 < 10 }

    /// The value of a hexadecimal digit; nil if it is none.
    @inline(__always)
    var hexadecimalValue: UInt8? {
        let decimal = self &- 0x30
        if decimal < 10 { return decimal }
        let letter = (self | 0x20) &- 0x61
        return letter < 6 ? letter &+ 10 : nil
    }

    /// The byte, in lower case if it is an ASCII letter.
    @inline(__always)
    package var lowercased: UInt8 { self &- 0x41 < 26 ? self | 0x20 : self }
}

extension RawSpan {
    /// Whether all bytes are those of a token.
    var isToken: Bool {
        for offset in byteOffsets where !ByteSet.token.contains(byte(at: offset)) { return false }
        return true
    }
}
