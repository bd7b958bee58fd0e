/// The user of the Basic scheme (RFC 7617), as a request names it; nobody has checked that it is so.
enum BasicCredentials {
    /// The bytes before the colon in the value of `authorization`; nil if that is of another scheme, or not well formed.
    static func user(_ value: ArraySlice<UInt8>) -> [UInt8]? {
        guard value.count > 6, value.prefix(5).elementsEqual("basic".utf8, by: { $0 | 0x20 == $1 }), value.dropFirst(5).first == UInt8(ascii: " ") else { return nil }
        guard let decoded = decoded(value.dropFirst(6)), let colon = decoded.firstIndex(of: UInt8(ascii: ":")) else { return nil }
        return Array(decoded[..<colon])
    }

    /// Base64 (RFC 4648 section 4); nil if it is not well formed.
    private static func decoded(_ text: ArraySlice<UInt8>) -> [UInt8]? {
        let digits = text.drop { $0 == UInt8(ascii: " ") }.prefix { $0 != UInt8(ascii: "=") }
        var bytes: [UInt8] = []
        var bits: UInt32 = 0
        var count = 0
        for digit in digits {
            guard let value = value(of: digit) else { return nil }
            bits = bits << 6 | UInt32(value)
            count += 6
            guard count >= 8 else { continue }
            count -= 8
            bytes.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
        }
        return bytes
    }

    private static func value(of digit: UInt8) -> UInt8? {
        switch digit {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): digit - UInt8(ascii: "A")
        case UInt8(ascii: "a")...UInt8(ascii: "z"): digit - UInt8(ascii: "a") + 26
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0") + 52
        case UInt8(ascii: "+"): 62
        case UInt8(ascii: "/"): 63
        default: nil
        }
    }
}
