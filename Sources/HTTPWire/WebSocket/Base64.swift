/// Base64 with padding (RFC 4648 section 4), as far as a handshake needs it.
enum Base64 {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    static func encode(_ bytes: [UInt8]) -> String {
        var text: [UInt8] = []
        text.reserveCapacity((bytes.count + 2) / 3 * 4)
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let group = bytes[start..<min(start + 3, bytes.count)]
            let bits = group.reduce(0) { $0 << 8 | Int($1) } << (8 * (3 - group.count))
            for place in 0..<4 {
                text.append(place <= group.count ? alphabet[bits >> (18 - 6 * place) & 63] : UInt8(ascii: "="))
            }
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// Whether a text is base64 of exactly 16 bytes: 22 digits and `==`.
    static func isSixteenBytes(_ text: some Collection<UInt8>) -> Bool {
        text.count == 24 && text.prefix(22).allSatisfy(isDigit) && text.suffix(2).allSatisfy { $0 == UInt8(ascii: "=") }
    }

    private static func isDigit(_ byte: UInt8) -> Bool {
        byte.isDecimalDigit || (byte | 0x20) &- 0x61 < 26 || byte == UInt8(ascii: "+") || byte == UInt8(ascii: "/")
    }
}
