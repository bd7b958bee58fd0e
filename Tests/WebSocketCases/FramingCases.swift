extension WebSocketCase {
    private static func bytes(_ count: Int) -> [UInt8] { (0..<count).map { UInt8($0 &* 7 & 0xFF) } }

    /// Frames of all lengths and forms.
    static let framing: [WebSocketCase] =
        [0, 1, 2, 3, 4, 5, 7, 8, 9, 31, 32, 33, 124, 125, 126, 127, 128, 255, 256, 65535, 65536, 70001].flatMap { count in
            [
                WebSocketCase("framing", "text of \(count) bytes", [clientText(String(repeating: "*", count: count))], .text(String(repeating: "*", count: count))),
                WebSocketCase("framing", "binary of \(count) bytes", [clientFrame(2, bytes(count))], .binary(bytes(count))),
            ]
        } + [
            WebSocketCase("framing", "nothing", []),
            WebSocketCase("framing", "a part of a head", [[0x81, 0xFE, 0x01]]),
            WebSocketCase("framing", "a head without its payload", [[0x81, 0x85, 1, 2, 3, 4]]),
            WebSocketCase("framing", "a payload that is not whole", [[0x81, 0x85, 0, 0, 0, 0, 0x61, 0x62]]),
            WebSocketCase("framing", "a masking key of zeros", [clientFrame(2, bytes(40), mask: [0, 0, 0, 0])], .binary(bytes(40))),
            WebSocketCase("framing", "a masking key of ones", [clientFrame(2, bytes(41), mask: [255, 255, 255, 255])], .binary(bytes(41))),
            WebSocketCase("framing", "keys that change", [clientFrame(2, bytes(5), mask: [1, 2, 3, 4]), clientFrame(2, bytes(6), mask: [9, 8, 7, 6])], .binary(bytes(5)), .binary(bytes(6))),
            WebSocketCase("framing", "several messages", [clientText("a"), clientText(""), clientFrame(2, [1]), clientText("b")], .text("a"), .text(""), .binary([1]), .text("b")),
            WebSocketCase("framing", "a text without a mask", [[0x81, 0x01, 0x61]], .failed(1002)),
            WebSocketCase("framing", "a close frame without a mask", [[0x88, 0x02, 0x03, 0xE8]], .failed(1002)),
            WebSocketCase("framing", "an empty frame without a mask", [[0x82, 0x00]], .failed(1002)),
        ]

    /// Bits and opcodes that mean nothing.
    static let reserved: [WebSocketCase] =
        (1...7).flatMap { bits in
            [UInt8(1), 2, 8, 9, 10].map { opcode in
                WebSocketCase("reserved", "bits \(bits) with opcode \(opcode)", [clientText("a"), clientFrame(opcode, opcode == 8 ? [] : [0x61], reserved: UInt8(bits))], .text("a"), .failed(1002))
            }
        } + [UInt8(3), 4, 5, 6, 7, 11, 12, 13, 14, 15].flatMap { opcode in
            [
                WebSocketCase("reserved", "opcode \(opcode)", [clientFrame(opcode)], .failed(1002)),
                WebSocketCase("reserved", "opcode \(opcode) with a payload, between messages", [clientText("a"), clientFrame(opcode, [1]), clientText("b")], .text("a"), .failed(1002)),
                WebSocketCase("reserved", "opcode \(opcode) within a message", [clientText("a", final: false), clientFrame(opcode)], .failed(1002)),
            ]
        } + [
            WebSocketCase("reserved", "a bit on a continuation", [clientText("a", final: false), clientFrame(0, [0x61], reserved: 4)], .failed(1002))
        ]

    /// Lengths that are not in their shortest form, or too long.
    static let lengths: [WebSocketCase] = [
        WebSocketCase("lengths", "125 in two bytes", [[0x82, 0xFE, 0x00, 0x7D, 0, 0, 0, 0]], .failed(1002)),
        WebSocketCase("lengths", "0 in two bytes", [[0x82, 0xFE, 0x00, 0x00, 0, 0, 0, 0]], .failed(1002)),
        WebSocketCase("lengths", "65535 in eight bytes", [[0x82, 0xFF, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF, 0, 0, 0, 0]], .failed(1002)),
        WebSocketCase("lengths", "0 in eight bytes", [[0x82, 0xFF, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]], .failed(1002)),
        WebSocketCase("lengths", "the top bit", [[0x82, 0xFF, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]], .failed(1002)),
        WebSocketCase("lengths", "all bits", [[0x82, 0xFF, 255, 255, 255, 255, 255, 255, 255, 255, 0, 0, 0, 0]], .failed(1002)),
        WebSocketCase("lengths", "the longest there is", [[0x82, 0xFF, 127, 255, 255, 255, 255, 255, 255, 255, 0, 0, 0, 0]], .failed(1009)),
    ]
}
