/// The textual form of certificates (RFC 7468).
enum PEM {
    /// A certificate in DER as PEM: its base64 in lines of 64 characters between the two marks.
    static func certificate(_ der: [UInt8]) -> String {
        var text = "-----BEGIN CERTIFICATE-----\n"
        // 48 bytes are 64 characters.
        for start in stride(from: 0, to: der.count, by: 48) {
            text += base64(der[start..<min(start + 48, der.count)])
            text += "\n"
        }
        return text + "-----END CERTIFICATE-----\n"
    }

    /// RFC 4648 section 4.
    private static func base64(_ bytes: ArraySlice<UInt8>) -> String {
        var characters: [UInt8] = []
        for start in stride(from: bytes.startIndex, to: bytes.endIndex, by: 3) {
            let group = bytes[start..<min(start + 3, bytes.endIndex)]
            var bits: UInt32 = 0
            for byte in group { bits = bits << 8 | UInt32(byte) }
            bits <<= 8 * UInt32(3 - group.count)
            for place in 0..<4 {
                characters.append(place <= group.count ? alphabet[Int(bits >> (18 - 6 * UInt32(place)) & 63)] : UInt8(ascii: "="))
            }
        }
        return String(decoding: characters, as: UTF8.self)
    }

    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
}
