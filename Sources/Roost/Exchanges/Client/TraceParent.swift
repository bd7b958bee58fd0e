/// The field `traceparent` of W3C's Trace Context: `version "-" trace-id "-" parent-id "-" trace-flags`, in lower-case hexadecimal digits.
struct TraceParent: Sendable, Hashable {
    /// 32 hexadecimal digits, not all of them 0.
    let traceID: String

    /// Nil if the grammar does not allow these bytes. Later versions than 00 may go on with another `-` and anything.
    init?(_ bytes: ArraySlice<UInt8>) {
        let dash = UInt8(ascii: "-")
        guard bytes.count >= 55 else { return nil }
        let start = bytes.startIndex
        let version = bytes[start..<start + 2]
        let traceID = bytes[start + 3..<start + 35]
        let parentID = bytes[start + 36..<start + 52]
        let flags = bytes[start + 53..<start + 55]
        guard bytes[start + 2] == dash, bytes[start + 35] == dash, bytes[start + 52] == dash else { return nil }
        for part in [version, traceID, parentID, flags] where !part.allSatisfy(Self.isLowerHexDigit) { return nil }
        guard !version.elementsEqual("ff".utf8), !traceID.allSatisfy({ $0 == 0x30 }), !parentID.allSatisfy({ $0 == 0x30 }) else { return nil }
        if bytes.count > 55 {
            guard !version.elementsEqual("00".utf8), bytes[start + 55] == dash else { return nil }
        }
        self.traceID = String(decoding: traceID, as: UTF8.self)
    }

    private static func isLowerHexDigit(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"): true
        default: false
        }
    }
}
