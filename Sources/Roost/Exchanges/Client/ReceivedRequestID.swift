import HTTPWire

/// What others call a request. None of it may be asked of a sender who is not trusted.
enum ReceivedRequestID {
    /// The longest id that is taken over, in bytes.
    private static let longest = 128

    /// The id that a request brings: the last `x-request-id`, else the trace id of `traceparent`; nil if neither is there and valid.
    static func text(in head: RequestHead) -> String? {
        let bytes = head.bytes
        var requestID: Int?
        for index in 0..<head.fieldCount {
            let name = bytes[head.fieldNameRange(at: index)]
            if name.count == 12, name.elementsEqual("x-request-id".utf8) { requestID = index }
        }
        if let requestID, let text = text(bytes[head.fieldValueRange(at: requestID)]) { return text }
        return TraceParent(in: head)?.traceID
    }

    /// The id that a PROXY header's `UNIQUE_ID` is: its text, or its bytes as hexadecimal digits if it is no text that could stand in a log.
    /// Nil if it is empty.
    static func text(uniqueID: [UInt8]) -> String? {
        guard !uniqueID.isEmpty else { return nil }
        if let text = text(uniqueID[...]) { return text }
        let digits = Array("0123456789abcdef".utf8)
        return String(decoding: uniqueID.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }

    /// The bytes as text, if they are 1 to 128 letters, digits and `.`, `_`, `~`, `+`, `/`, `=`, `:`, `@`, `-`.
    private static func text(_ bytes: ArraySlice<UInt8>) -> String? {
        guard (1...longest).contains(bytes.count) else { return nil }
        let isText = bytes.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "@")...UInt8(ascii: "Z"), UInt8(ascii: "-")...UInt8(ascii: ":"): true
            case UInt8(ascii: "_"), UInt8(ascii: "~"), UInt8(ascii: "+"), UInt8(ascii: "="): true
            default: false
            }
        }
        return isText ? String(decoding: bytes, as: UTF8.self) : nil
    }
}
