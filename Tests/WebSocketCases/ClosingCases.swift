extension WebSocketCase {
    /// How a connection is closed.
    static let closing: [WebSocketCase] = [
        WebSocketCase("closing", "without a code", [clientFrame(8)], .closed(nil, "")),
        WebSocketCase("closing", "with a code", [clientClose(1000)], .closed(1000, "")),
        WebSocketCase("closing", "with a reason", [clientClose(1001, Array("gone, ü".utf8))], .closed(1001, "gone, ü")),
        WebSocketCase("closing", "with the longest reason", [clientClose(1000, [UInt8](repeating: 0x61, count: 123))], .closed(1000, String(repeating: "a", count: 123))),
        WebSocketCase("closing", "with one byte", [clientFrame(8, [3])], .failed(1002)),
        WebSocketCase("closing", "with a reason too long", [clientClose(1000, [UInt8](repeating: 0x61, count: 124))], .failed(1002)),
        WebSocketCase("closing", "with a reason that is not UTF-8", [clientClose(1000, [0xCE, 0xBA, 0xE1, 0xBD, 0xB9, 0xED, 0xA0, 0x80])], .failed(1007)),
        WebSocketCase("closing", "with a reason that ends within a character", [clientClose(1000, [0xE2, 0x82])], .failed(1007)),
        WebSocketCase("closing", "twice", [clientClose(1000), clientClose(1001)], .closed(1000, "")),
        WebSocketCase("closing", "then a message", [clientClose(1000), clientText("a")], .closed(1000, "")),
        WebSocketCase("closing", "then a ping", [clientClose(1000), clientFrame(9, [1])], .closed(1000, "")),
        WebSocketCase("closing", "then nonsense", [clientClose(1000), [0xFF, 0x00, 0x12]], .closed(1000, "")),
        WebSocketCase("closing", "behind a message", [clientText("a"), clientClose(1000)], .text("a"), .closed(1000, "")),
        WebSocketCase("closing", "behind a failure", [[0x83, 0x80, 0, 0, 0, 0], clientClose(1000)], .failed(1002)),
    ]

    /// The codes that a close frame may hold, and those around them.
    static let closeCodes: [WebSocketCase] =
        [UInt16(1000), 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999].map { code in
            WebSocketCase("close codes", "\(code)", [clientClose(code, Array("bye".utf8))], .closed(code, "bye"))
        }
        + [UInt16(0), 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 32768, 65535].map { code in
            WebSocketCase("close codes", "\(code), which none may have", [clientClose(code)], .failed(1002))
        }

    /// What is too much.
    static let limits: [WebSocketCase] = [
        WebSocketCase("limits", "a message as large as allowed", maxMessageSize: 100, [clientFrame(2, [UInt8](repeating: 1, count: 100))], .binary([UInt8](repeating: 1, count: 100))),
        WebSocketCase("limits", "a byte too many", maxMessageSize: 100, [clientFrame(2, [UInt8](repeating: 1, count: 101))], .failed(1009)),
        WebSocketCase("limits", "a head that claims too much", maxMessageSize: 100, [[0x82, 0xFE, 0xFF, 0xFF]], .failed(1009)),
        WebSocketCase(
            "limits", "as large as allowed in fragments", maxMessageSize: 100, [clientFrame(2, [UInt8](repeating: 1, count: 60), final: false), clientFrame(0, [UInt8](repeating: 1, count: 40))],
            .binary([UInt8](repeating: 1, count: 100))
        ),
        WebSocketCase("limits", "too much in fragments", maxMessageSize: 100, [clientFrame(2, [UInt8](repeating: 1, count: 60), final: false), clientFrame(0, [UInt8](repeating: 1, count: 41))], .failed(1009)),
        WebSocketCase(
            "limits", "a ping of more bytes than a message may have", maxMessageSize: 10, [clientText("0123456789"), clientFrame(9, [UInt8](repeating: 1, count: 100))],
            .text("0123456789"), .ping([UInt8](repeating: 1, count: 100))
        ),
        WebSocketCase("limits", "empty fragments without end", [clientText("", final: false)] + (0..<5000).map { _ in clientFrame(0, final: false) }, .failed(1008)),
    ]
}
