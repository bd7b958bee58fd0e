extension WebSocketCase {
    private static let full = (0..<125).map { UInt8($0) }

    /// Pings, pongs, and where they may stand.
    static let control: [WebSocketCase] =
        [UInt8(8), 9, 10].flatMap { opcode in
            [
                WebSocketCase("control", "opcode \(opcode) in fragments", [clientFrame(opcode, final: false)], .failed(1002)),
                WebSocketCase("control", "opcode \(opcode) of 126 bytes", [clientFrame(opcode, [UInt8](repeating: 0x61, count: 126))], .failed(1002)),
                WebSocketCase("control", "opcode \(opcode) that claims eight bytes of length", [[opcode | 0x80, 0xFF, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0]], .failed(1002)),
            ]
        } + [
            WebSocketCase("control", "an empty ping", [clientFrame(9)], .ping([])),
            WebSocketCase("control", "a ping with text", [clientFrame(9, Array("hi".utf8))], .ping(Array("hi".utf8))),
            WebSocketCase("control", "a ping with bytes that are no text", [clientFrame(9, [0, 0xFF, 0xFE, 0xC0])], .ping([0, 0xFF, 0xFE, 0xC0])),
            WebSocketCase("control", "a ping of 125 bytes", [clientFrame(9, full)], .ping(full)),
            WebSocketCase("control", "a pong nobody asked for", [clientFrame(10)], .pong([])),
            WebSocketCase("control", "a pong of 125 bytes", [clientFrame(10, full)], .pong(full)),
            WebSocketCase("control", "a pong, then a ping", [clientFrame(10, [1]), clientFrame(9, [2])], .pong([1]), .ping([2])),
            WebSocketCase("control", "ten pings", (0..<10).map { clientFrame(9, [$0]) }, events: (0..<10).map { .ping([$0]) }),
            WebSocketCase("control", "a ping before a message", [clientFrame(9, [1]), clientText("a")], .ping([1]), .text("a")),
        ]

    /// Messages in several frames, and control frames between these.
    static let fragmentation: [WebSocketCase] = [
        WebSocketCase("fragments", "two", [clientText("ab", final: false), clientFrame(0, Array("cd".utf8))], .text("abcd")),
        WebSocketCase("fragments", "of binary", [clientFrame(2, [1, 2, 3], final: false), clientFrame(0, [4], final: false), clientFrame(0, [5, 6])], .binary([1, 2, 3, 4, 5, 6])),
        WebSocketCase("fragments", "empty ones", [clientText("", final: false), clientFrame(0, final: false), clientFrame(0)], .text("")),
        WebSocketCase("fragments", "an empty one between", [clientText("a", final: false), clientFrame(0, final: false), clientFrame(0, [0x62])], .text("ab")),
        WebSocketCase("fragments", "a hundred", [clientText("0", final: false)] + (1..<100).map { clientFrame(0, [0x30 + UInt8($0 % 10)], final: $0 == 99) }, .text(String(repeating: "0123456789", count: 10))),
        WebSocketCase("fragments", "a ping between", [clientText("a", final: false), clientFrame(9, [1]), clientFrame(0, [0x62])], .ping([1]), .text("ab")),
        WebSocketCase(
            "fragments", "pings and pongs between", [clientText("a", final: false), clientFrame(9, [1]), clientFrame(10, [2]), clientFrame(0, [0x62], final: false), clientFrame(9), clientFrame(0)],
            .ping([1]), .pong([2]), .ping([]), .text("ab")
        ),
        WebSocketCase("fragments", "a close frame between", [clientText("a", final: false), clientClose(1000), clientFrame(0, [0x62])], .closed(1000, "")),
        WebSocketCase("fragments", "a continuation of nothing", [clientFrame(0, [0x61])], .failed(1002)),
        WebSocketCase("fragments", "a continuation of nothing that is not the last", [clientFrame(0, [0x61], final: false)], .failed(1002)),
        WebSocketCase("fragments", "a continuation behind a whole message", [clientText("a"), clientFrame(0, [0x61])], .text("a"), .failed(1002)),
        WebSocketCase("fragments", "a continuation behind the last", [clientText("a", final: false), clientFrame(0), clientFrame(0)], .text("a"), .failed(1002)),
        WebSocketCase("fragments", "a text within a text", [clientText("a", final: false), clientText("b")], .failed(1002)),
        WebSocketCase("fragments", "a binary within a text", [clientText("a", final: false), clientFrame(2, [1], final: false)], .failed(1002)),
        WebSocketCase("fragments", "two messages", [clientText("a", final: false), clientFrame(0, [0x62]), clientText("c", final: false), clientFrame(0, [0x64])], .text("ab"), .text("cd")),
    ]
}
