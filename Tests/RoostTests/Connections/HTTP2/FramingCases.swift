/// Frames and streams: RFC 9113 sections 4 and 5.
extension HTTP2Case {
    static let framing: [HTTP2Case] = [
        HTTP2Case("frames of unknown kinds are ignored", "4.1", [ClientFrame(kind: 0xBE, on: 0, [1, 2, 3]), ClientFrame(kind: 0x0F, [], on: 1)], .fine),
        HTTP2Case("flags that mean nothing are ignored", "4.1", [ClientFrame(kind: 6, [.init(rawValue: 0xFE)], on: 0, [UInt8](repeating: 1, count: 8))], .fine),
        HTTP2Case("the reserved bit of the stream is ignored", "4.1", [ClientFrame(.windowUpdate, on: 1 << 31, ClientFrame.bigEndian(5))], .fine),
        HTTP2Case("a DATA frame larger than the server takes", "4.2", [open(1), ClientFrame(.data, on: 1, [UInt8](repeating: 0, count: 16385))], .connection(.frameSizeError)),
        HTTP2Case("a HEADERS frame larger than the server takes", "4.2", [ClientFrame(.headers, .endHeaders, on: 1, [UInt8](repeating: 0, count: 16385))], .connection(.frameSizeError)),
        HTTP2Case("a SETTINGS frame larger than the server takes", "4.2", [ClientFrame(.settings, on: 0, [UInt8](repeating: 0, count: 16386))], .connection(.frameSizeError)),
        HTTP2Case("an unknown frame larger than the server takes", "4.2", [ClientFrame(kind: 0xBE, on: 0, [UInt8](repeating: 0, count: 16385))], .connection(.frameSizeError)),
        HTTP2Case("a head that another stream's frame interrupts", "4.3", [ClientFrame(.headers, .endStream, on: 1, block), .request(on: 3)], .connection(.protocolError)),
        HTTP2Case("a head that DATA interrupts", "4.3", [ClientFrame(.headers, on: 1, block), .data("x", on: 1)], .connection(.protocolError)),
        HTTP2Case("a head that PING interrupts", "4.3", [ClientFrame(.headers, on: 1, block), .ping()], .connection(.protocolError)),
        HTTP2Case("a head that PRIORITY interrupts", "4.3", [ClientFrame(.headers, on: 1, block), .priority(of: 1, on: 0)], .connection(.protocolError)),
        HTTP2Case("a head that RST_STREAM interrupts", "4.3", [ClientFrame(.headers, on: 1, block), .reset(on: 1)], .connection(.protocolError)),
        HTTP2Case("a head that WINDOW_UPDATE interrupts", "4.3", [ClientFrame(.headers, on: 1, block), .window(1, on: 0)], .connection(.protocolError)),
        HTTP2Case("a head that SETTINGS interrupts", "4.3", [ClientFrame(.headers, on: 1, block), .settings()], .connection(.protocolError)),
        HTTP2Case("a head that an unknown frame interrupts", "5.5", [ClientFrame(.headers, on: 1, block), ClientFrame(kind: 0xBE, on: 1)], .connection(.protocolError)),
    ]

    static let streams: [HTTP2Case] = [
        HTTP2Case("DATA on an idle stream", "5.1", [.data("x", on: 1)], .connection(.protocolError)),
        HTTP2Case("RST_STREAM on an idle stream", "5.1", [.reset(on: 1)], .connection(.protocolError)),
        HTTP2Case("WINDOW_UPDATE on an idle stream", "5.1", [.window(1, on: 1)], .connection(.protocolError)),
        HTTP2Case("CONTINUATION on an idle stream", "5.1", [ClientFrame(.continuation, .endHeaders, on: 1, block)], .connection(.protocolError)),
        HTTP2Case("PRIORITY on an idle stream", "5.1", [.priority(of: 1, on: 0)], .fine),
        HTTP2Case("DATA behind the request's end", "5.1", [held(1), .data("x", on: 1)], .stream(1, .streamClosed),
            known: (.connection(.streamClosed), endsConnections)),
        HTTP2Case("HEADERS behind the request's end", "5.1", [held(1), .headers([("x", "y")], on: 1)], .stream(1, .streamClosed),
            known: (.connection(.streamClosed), endsConnections)),
        HTTP2Case("CONTINUATION behind the request's end", "5.1", [held(1), ClientFrame(.continuation, .endHeaders, on: 1, block)], .connection(.protocolError)),
        HTTP2Case("WINDOW_UPDATE behind the request's end", "5.1", [held(1), .window(1, on: 1)], .fine),
        HTTP2Case("PRIORITY behind the request's end", "5.1", [held(1), .priority(of: 1, on: 0)], .fine),
        HTTP2Case("DATA on a stream that the client has reset", "5.1", closed(1) + [.data("x", on: 1)], .stream(1, .streamClosed),
            known: (.connection(.streamClosed), endsConnections)),
        HTTP2Case("DATA on a stream that was answered", "5.1", [.request(on: 1), .ping(), .data("x", on: 1)], .connection(.streamClosed)),
        HTTP2Case("HEADERS on a stream that the client has reset", "5.1.1", closed(1) + [.request(on: 1)], .connection(.protocolError)),
        HTTP2Case("CONTINUATION on a stream that the client has reset", "5.1", closed(1) + [ClientFrame(.continuation, .endHeaders, on: 1, block)], .connection(.protocolError)),
        HTTP2Case("WINDOW_UPDATE on a stream that the client has reset", "5.1", closed(1) + [.window(1, on: 1)], .fine),
        HTTP2Case("RST_STREAM on a stream that the client has reset", "5.1", closed(1) + [.reset(on: 1)], .fine),
        HTTP2Case("PRIORITY on a stream that the client has reset", "5.1", closed(1) + [.priority(of: 1, on: 0)], .fine),
        HTTP2Case("a request on a stream of the server's", "5.1.1", [.request(on: 2)], .connection(.protocolError)),
        HTTP2Case("a request on a stream below an earlier one", "5.1.1", [held(5), .request(on: 3)], .connection(.protocolError)),
        HTTP2Case("DATA on a stream that was passed over", "5.1.1", [held(5), .data("x", on: 3)], .connection(.streamClosed)),
        HTTP2Case("more streams than the server takes", "5.1.2", (0...100).map { held(UInt32($0 * 2 + 1)) }, .stream(201, .refusedStream)),
        HTTP2Case("a stream that depends on itself", "5.3.2", [.priority(of: 1, on: 1)], .fine),
        HTTP2Case("a request that depends on itself", "5.3.2", [ClientFrame(.headers, [.endHeaders, .endStream, .priority], on: 1, [0, 0, 0, 1, 15] + block)], .status(1, 200),
            known: (.connection(.protocolError), "the library holds to RFC 7540, which has that as an error")),
    ]

    static let endsConnections = "section 5.4.1 lets stream errors end connections"
}
