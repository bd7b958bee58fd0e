extension WebSocketCase {
    /// Byte sequences that are UTF-8.
    private static let valid: [(String, [UInt8])] = [
        ("the first and last of one byte", [0x00, 0x7F]),
        ("the first and last of two bytes", [0xC2, 0x80, 0xDF, 0xBF]),
        ("the first and last of three bytes", [0xE0, 0xA0, 0x80, 0xEF, 0xBF, 0xBF]),
        ("the first and last of four bytes", [0xF0, 0x90, 0x80, 0x80, 0xF4, 0x8F, 0xBF, 0xBF]),
        ("around the surrogates", [0xED, 0x9F, 0xBF, 0xEE, 0x80, 0x80]),
        ("the replacement character", [0xEF, 0xBF, 0xBD]),
        ("a byte order mark", [0xEF, 0xBB, 0xBF]),
        ("noncharacters", [0xEF, 0xBF, 0xBE, 0xF0, 0x9F, 0xBF, 0xBE, 0xF3, 0xBF, 0xBF, 0xBF]),
        ("words", Array("Grüße, κόσμε, 日本語, 🦉".utf8)),
        ("a character behind eight letters", Array("abcdefghé".utf8)),
    ]

    /// Byte sequences that are not, and how many of their bytes it takes to see that.
    private static let invalid: [(String, [UInt8], Int)] = [
        ("a lone continuation", [0x80], 1), ("the last continuation", [0xBF], 1), ("a second continuation", [0xC3, 0xA9, 0xA9], 3),
        ("an overlong slash of two bytes", [0xC0, 0xAF], 1), ("0xC1", [0xC1, 0xBF], 1), ("an overlong slash of three bytes", [0xE0, 0x80, 0xAF], 2),
        ("the longest overlong of three bytes", [0xE0, 0x9F, 0xBF], 2), ("an overlong slash of four bytes", [0xF0, 0x80, 0x80, 0xAF], 2),
        ("the longest overlong of four bytes", [0xF0, 0x8F, 0xBF, 0xBF], 2), ("an overlong NUL", [0xC0, 0x80], 1), ("five bytes", [0xF8, 0x88, 0x80, 0x80, 0x80], 1),
        ("six bytes", [0xFC, 0x84, 0x80, 0x80, 0x80, 0x80], 1), ("0xFE", [0xFE], 1), ("0xFF", [0xFF], 1), ("0xF5", [0xF5, 0x80, 0x80, 0x80], 1),
        ("beyond U+10FFFF", [0xF4, 0x90, 0x80, 0x80], 2), ("the first surrogate", [0xED, 0xA0, 0x80], 2), ("the last surrogate", [0xED, 0xBF, 0xBF], 2),
        ("a pair of surrogates", [0xED, 0xA0, 0x80, 0xED, 0xB0, 0x80], 2), ("two bytes, the second a letter", [0xC3, 0x28], 2), ("three bytes, the second a letter", [0xE2, 0x28, 0xA1], 2),
        ("three bytes, the third a letter", [0xE2, 0x82, 0x28], 3), ("four bytes, the second a letter", [0xF0, 0x28, 0x8C, 0xBC], 2), ("four bytes, the third a letter", [0xF0, 0x90, 0x28, 0xBC], 3),
        ("four bytes, the fourth a letter", [0xF0, 0x90, 0x8C, 0x28], 4), ("two beginnings", [0xC3, 0xC3], 2), ("three bytes begun twice", [0xE2, 0x82, 0xE2], 3),
    ]

    /// Texts that end before their last character does.
    private static let cutOff: [[UInt8]] = [[0xC3], [0xE2], [0xE2, 0x82], [0xF0], [0xF0, 0x9F], [0xF0, 0x9F, 0xA6]]

    /// UTF-8, and what is not: seen at the first byte that can't be right, within a frame and within a fragment.
    static let encoding: [WebSocketCase] =
        valid.flatMap { name, bytes in
            [
                WebSocketCase("UTF-8", name, [clientFrame(1, bytes)], .text(String(decoding: bytes, as: UTF8.self))),
                WebSocketCase(
                    "UTF-8", "\(name), a byte in each fragment", bytes.indices.map { clientFrame($0 == 0 ? 1 : 0, [bytes[$0]], final: $0 == bytes.count - 1) },
                    .text(String(decoding: bytes, as: UTF8.self))
                ),
            ]
        }
        + invalid.flatMap { name, bytes, seen in
            [
                WebSocketCase("UTF-8", name, [clientFrame(1, bytes)], .failed(1007)),
                WebSocketCase("UTF-8", "\(name), between letters", [clientFrame(1, Array("abcdefghijklmno".utf8) + bytes + Array("z".utf8))], .failed(1007)),
                WebSocketCase("UTF-8", "\(name), in two fragments", [clientFrame(1, Array(bytes[..<(seen - 1)]), final: false), clientFrame(0, [bytes[seen - 1]], final: false)], .failed(1007)),
                WebSocketCase("UTF-8", "\(name), in a frame that goes on", [Array(clientFrame(1, Array(bytes[..<seen]) + [0x61, 0x61, 0x61]).dropLast(3))], .failed(1007)),
            ]
        }
        + cutOff.flatMap { bytes in
            [
                WebSocketCase("UTF-8", "the end within a character: \(bytes)", [clientFrame(1, [0x61] + bytes)], .failed(1007)),
                WebSocketCase("UTF-8", "the end within a character, in an empty fragment: \(bytes)", [clientFrame(1, bytes, final: false), clientFrame(0)], .failed(1007)),
                WebSocketCase("UTF-8", "a character not yet whole: \(bytes)", [clientFrame(1, bytes, final: false)]),
            ]
        } + [
            WebSocketCase("UTF-8", "a binary message that is none", [clientFrame(2, [0xFF, 0xC0, 0xED, 0xA0])], .binary([0xFF, 0xC0, 0xED, 0xA0])),
            WebSocketCase("UTF-8", "a ping within a character", [clientFrame(1, [0xE2, 0x82], final: false), clientFrame(9, [0xFF]), clientFrame(0, [0xAC])], .ping([0xFF]), .text("€")),
        ]
}
