extension WebSocketCase {
    /// Data in the fixed code of DEFLATE (RFC 1951 section 3.2.6), bit by bit.
    private struct FixedBlock {
        private var bits = [false, true, false]

        /// A byte below 144 as itself.
        mutating func literal(_ byte: UInt8) { append(code: Int(byte) + 0x30, length: 8) }

        /// The 258 bytes before once more, from a distance of one.
        mutating func longestRun() {
            append(code: 0b1100_0101, length: 8)
            append(code: 0, length: 5)
        }

        mutating func end() { append(code: 0, length: 7) }

        private mutating func append(code: Int, length: Int) {
            for place in (0..<length).reversed() { bits.append(code >> place & 1 == 1) }
        }

        /// The bytes, and behind them the head of the empty block whose rest a sender takes off.
        var message: [UInt8] {
            let all = bits + [false, false, false]
            return stride(from: 0, to: all.count, by: 8).map { start in
                (start..<min(start + 8, all.count)).reduce(0) { $0 | (all[$1] ? 1 << UInt8($1 - start) : 0) }
            }
        }
    }

    /// A run of `a`, 1 + 258 times `runs` bytes.
    private static func run(_ runs: Int) -> [UInt8] {
        var block = FixedBlock()
        block.literal(0x61)
        for _ in 0..<runs { block.longestRun() }
        block.end()
        return block.message
    }

    /// A block that is not compressed, and the empty one.
    private static func stored(_ bytes: [UInt8]) -> [UInt8] {
        let (low, high) = (UInt8(bytes.count & 0xFF), UInt8(bytes.count >> 8))
        return [0x00, low, high, ~low, ~high] + bytes + [0x00]
    }

    private static let plain = "permessage-deflate"
    private static let hello: [UInt8] = [0xF2, 0x48, 0xCD, 0xC9, 0xC9, 0x07, 0x00]

    /// Messages under permessage-deflate.
    static let compression: [WebSocketCase] = received + refused + bounded

    private static let received: [WebSocketCase] = [
        WebSocketCase("compression", "a message", offer: plain, [compressedText(hello)], .text("Hello")),
        WebSocketCase("compression", "a message as it is", offer: plain, [clientText("Hello")], .text("Hello")),
        WebSocketCase("compression", "the one before referred to", offer: plain, [compressedText(hello), compressedText([0xF2, 0x00, 0x11, 0x00, 0x00])], .text("Hello"), .text("Hello")),
        WebSocketCase(
            "compression", "the one before referred to, across one that is not compressed", offer: plain, [compressedText(hello), clientText("xyz"), compressedText([0xF2, 0x00, 0x11, 0x00, 0x00])],
            .text("Hello"), .text("xyz"), .text("Hello")
        ),
        WebSocketCase("compression", "in fragments", offer: plain, [compressedText(Array(hello[..<3]), final: false), clientFrame(0, Array(hello[3...]))], .text("Hello")),
        WebSocketCase(
            "compression", "in fragments, with a ping and an empty one between", offer: plain,
            [compressedText(Array(hello[..<3]), final: false), clientFrame(9, [7]), clientFrame(0, final: false), clientFrame(0, Array(hello[3...]))], .ping([7]), .text("Hello")
        ),
        WebSocketCase("compression", "a block that is not compressed", offer: plain, [compressedText(stored(Array("Hello".utf8)))], .text("Hello")),
        WebSocketCase("compression", "a block that calls itself the last", offer: plain, [compressedText([0xF3, 0x48, 0xCD, 0xC9, 0xC9, 0x07, 0x00, 0x00])], .text("Hello")),
        WebSocketCase(
            "compression", "a message behind a block that called itself the last", offer: plain,
            [compressedText([0xF3, 0x48, 0xCD, 0xC9, 0xC9, 0x07, 0x00, 0x00]), compressedText([0xF2, 0x00, 0x11, 0x00, 0x00])], .text("Hello"), .text("Hello")
        ),
        WebSocketCase("compression", "several blocks", offer: plain, [compressedText([0xF2, 0x48, 0x05, 0x00, 0x00, 0x00, 0xFF, 0xFF, 0xCA, 0xC9, 0xC9, 0x07, 0x00])], .text("Hello")),
        WebSocketCase("compression", "an empty message", offer: plain, [compressedText([0x00]), compressedText(hello)], .text(""), .text("Hello")),
        WebSocketCase("compression", "an empty message of no bytes", offer: plain, [compressedText([]), compressedText(hello)], .text(""), .text("Hello")),
        WebSocketCase("compression", "binary", offer: plain, [clientFrame(2, stored([0xFF, 0x00, 0x80]), reserved: 4)], .binary([0xFF, 0x00, 0x80])),
        WebSocketCase("compression", "a long run", offer: plain, [compressedText(run(400))], .text(String(repeating: "a", count: 1 + 258 * 400))),
        WebSocketCase("compression", "each message by itself", offer: "permessage-deflate; client_no_context_takeover", [compressedText(hello), compressedText(hello)], .text("Hello"), .text("Hello")),
        WebSocketCase(
            "compression", "the one before referred to though that was ruled out", offer: "permessage-deflate; client_no_context_takeover", [compressedText(hello), compressedText([0xF2, 0x00, 0x11, 0x00, 0x00])],
            .text("Hello"), .failed(1007)
        ),
        WebSocketCase("compression", "all parameters", offer: "permessage-deflate; client_max_window_bits=9; server_max_window_bits=10; server_no_context_takeover; client_no_context_takeover", [compressedText(hello)], .text("Hello")),
    ]

    private static let refused: [WebSocketCase] = [
        WebSocketCase("compression", "not agreed on", [compressedText(hello)], .failed(1002)),
        WebSocketCase("compression", "declined: a window too small", offer: "permessage-deflate; server_max_window_bits=8", [compressedText(hello)], .failed(1002)),
        WebSocketCase("compression", "the bit on a continuation", offer: plain, [compressedText(Array(hello[..<3]), final: false), clientFrame(0, Array(hello[3...]), reserved: 4)], .failed(1002)),
        WebSocketCase("compression", "the bit on a continuation of a message as it is", offer: plain, [clientText("a", final: false), clientFrame(0, [0x61], reserved: 4)], .failed(1002)),
        WebSocketCase("compression", "the bit on a ping", offer: plain, [clientFrame(9, [1], reserved: 4)], .failed(1002)),
        WebSocketCase("compression", "the bit on a close frame", offer: plain, [clientFrame(8, [3, 232], reserved: 4)], .failed(1002)),
        WebSocketCase("compression", "the second bit", offer: plain, [clientFrame(1, hello, reserved: 6)], .failed(1002)),
        WebSocketCase("compression", "bytes that are no compressed data", offer: plain, [compressedText([0xFF, 0xFF, 0xFF, 0xFF])], .failed(1007)),
        WebSocketCase("compression", "a reference to before the beginning", offer: plain, [compressedText([0xF2, 0x00, 0x11, 0x00, 0x00])], .failed(1007)),
        WebSocketCase("compression", "data that is cut off", offer: plain, [compressedText(Array(hello[..<4]))], .failed(1007)),
        WebSocketCase("compression", "text that is not UTF-8", offer: plain, [compressedText(stored([0x61, 0xFF]))], .failed(1007)),
        WebSocketCase("compression", "text that is not UTF-8, seen before the message ends", offer: plain, [compressedText(stored([0x61, 0xFF, 0x62]), final: false)], .failed(1007)),
        WebSocketCase("compression", "text that ends within a character", offer: plain, [compressedText(stored([0x61, 0xE2, 0x82]))], .failed(1007)),
    ]

    private static let bounded: [WebSocketCase] = [
        WebSocketCase("compression", "as large as allowed", offer: plain, maxMessageSize: 1 + 258 * 10, [compressedText(run(10))], .text(String(repeating: "a", count: 1 + 258 * 10))),
        WebSocketCase("compression", "a byte too many", offer: plain, maxMessageSize: 258 * 10, [compressedText(run(10))], .failed(1009)),
        WebSocketCase("compression", "a bomb", offer: plain, maxMessageSize: 65536, [compressedText(run(20_000))], .failed(1009)),
        WebSocketCase("compression", "a bomb, seen before the message ends", offer: plain, maxMessageSize: 1000, [compressedText(run(100), final: false)], .failed(1009)),
        WebSocketCase("compression", "a head that claims far too much", offer: plain, maxMessageSize: 1000, [[0xC1, 0xFE, 0x20, 0x00]], .failed(1009)),
        WebSocketCase(
            "compression", "fragments that come to too much", offer: plain, maxMessageSize: 100, [compressedText(Array(stored([UInt8](repeating: 0x62, count: 60)).dropLast()), final: false), clientFrame(0, stored([UInt8](repeating: 0x62, count: 60)))],
            .failed(1009)
        ),
    ]
}
