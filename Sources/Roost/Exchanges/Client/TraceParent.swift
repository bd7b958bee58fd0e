import HTTPWire

/// The field `traceparent` of W3C's Trace Context: `version "-" trace-id "-" parent-id "-" trace-flags`, in lower-case hexadecimal digits.
struct TraceParent: Sendable, Hashable {
    /// 32 hexadecimal digits, not all of them 0.
    let traceID: String
    /// 16 hexadecimal digits, not all of them 0: the span of whoever sends the field.
    let spanID: String

    /// The one of a request; nil if there is none, or it is not valid. Trace Context knows no list of them: of two nobody can say which is right.
    init?(in head: RequestHead) {
        let bytes = head.bytes
        var found: Int?
        for index in 0..<head.fieldCount {
            let name = bytes[head.fieldNameRange(at: index)]
            guard name.count == 11, name.elementsEqual("traceparent".utf8) else { continue }
            guard found == nil else { return nil }
            found = index
        }
        guard let found else { return nil }
        self.init(bytes[head.fieldValueRange(at: found)])
    }

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
        spanID = String(decoding: parentID, as: UTF8.self)
    }

    private static func isLowerHexDigit(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"): true
        default: false
        }
    }
}
