/// What names may look like in Prometheus' text format.
enum MetricSyntax {
    /// Letters, digits, `_` and `:`, and no digit at the beginning; everything else becomes `_`.
    static func name(_ text: String) -> String { allowed(text) { $0 == UInt8(ascii: ":") } }

    /// Letters, digits and `_`, and no digit at the beginning.
    static func labelName(_ text: String) -> String { allowed(text) { _ in false } }

    private static func allowed(_ text: String, _ isAllowedToo: (UInt8) -> Bool) -> String {
        var bytes: [UInt8] = []
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "_"): bytes.append(byte)
            case UInt8(ascii: "0")...UInt8(ascii: "9"):
                if bytes.isEmpty { bytes.append(UInt8(ascii: "_")) }
                bytes.append(byte)
            default: bytes.append(isAllowedToo(byte) ? byte : UInt8(ascii: "_"))
            }
        }
        return bytes.isEmpty ? "_" : String(decoding: bytes, as: UTF8.self)
    }
}
