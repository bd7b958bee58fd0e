/// Compressed heads: RFC 7541.
extension HTTP2Case {
    static let compression: [HTTP2Case] = [
        damaged("an index beyond the tables", "RFC 7541 2.3.3", [0xFF, 0x80, 0x01]),
        damaged("index 0", "RFC 7541 6.1", [0x80]),
        damaged("a name's index beyond the tables", "RFC 7541 2.3.3", [0x7F, 0x80, 0x01, 0x01, 0x61]),
        damaged("an integer that is too large", "RFC 7541 5.1", [0xFF] + [UInt8](repeating: 0xFF, count: 12) + [0x01]),
        damaged("an integer that does not end", "RFC 7541 5.1", [0xFF, 0xFF]),
        damaged("a string longer than the head", "RFC 7541 5.2", [0x00, 0x7F, 0xFF, 0x03]),
        damaged("a string that is cut off", "RFC 7541 5.2", [0x00, 0x01, 0x78, 0x05, 0x61]),
        damaged("a Huffman code that ends within a symbol's pad of eight bits", "RFC 7541 5.2", [0x00, 0x01, 0x78, 0x82, 0x1F, 0xFF]),
        damaged("a Huffman pad of zeros", "RFC 7541 5.2", [0x00, 0x01, 0x78, 0x81, 0x18]),
        damaged("a Huffman code with the end's symbol", "RFC 7541 5.2", [0x00, 0x01, 0x78, 0x84, 0xFF, 0xFF, 0xFF, 0xFC]),
        HTTP2Case("a table's size above the limit", "RFC 7541 6.3", [ClientFrame(.headers, [.endHeaders, .endStream], on: 1, [0x3F, 0xE2, 0x1F] + block)], .connection(.compressionError)),
        HTTP2Case("a table's size behind a field", "RFC 7541 4.2", [ClientFrame(.headers, [.endHeaders, .endStream], on: 1, block + [0x20])], .connection(.compressionError)),
        HTTP2Case("a table's size before the fields", "RFC 7541 4.2", [ClientFrame(.headers, [.endHeaders, .endStream], on: 1, [0x20] + block)], .status(1, 200)),
        HTTP2Case("a damaged head of a request that is refused", "4.3", (0..<100).map { held(UInt32($0 * 2 + 1)) } + [ClientFrame(.headers, [.endHeaders, .endStream], on: 201, [0x80])], .connection(.compressionError)),
        HTTP2Case("the table is kept also over a request that is malformed", "4.3", [
            ClientFrame(.headers, [.endHeaders, .endStream], on: 1, block + ClientFrame.block([("Upper", "1")]) + [0x40] + ClientFrame.text("x-kept") + ClientFrame.text("1")),
            ClientFrame(.headers, [.endHeaders, .endStream], on: 3, block + [0xBE]),
        ], .stream(1, .protocolError)),
    ]

    /// A head that ends with what nobody can decode.
    private static func damaged(_ name: String, _ section: String, _ end: [UInt8]) -> HTTP2Case {
        HTTP2Case(name, section, [ClientFrame(.headers, [.endHeaders, .endStream], on: 1, block + end)], .connection(.compressionError))
    }
}
