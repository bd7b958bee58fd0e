internal import Roost

/// Writes JSON (RFC 8259) as UTF-8, from the first byte to the last.
struct JSONWriter {
    private(set) var bytes = ByteBuffer()

    mutating func null() {
        bytes.writeStaticString("null")
    }

    mutating func number(_ number: Int) {
        bytes.writeString("\(number)")
    }

    /// Writes `text` with what JSON does not allow in strings escaped.
    mutating func string(_ text: String) {
        bytes.writeInteger(UInt8(ascii: "\""))
        let utf8 = text.utf8
        if utf8.allSatisfy({ !Self.needsEscape($0) }) {
            bytes.writeString(text)
        } else {
            for byte in utf8 { Self.needsEscape(byte) ? escape(byte) : writeByte(byte) }
        }
        bytes.writeInteger(UInt8(ascii: "\""))
    }

    /// Writes an array; `write` writes each element.
    mutating func array<Elements: Sequence>(_ elements: Elements, _ write: (inout JSONWriter, Elements.Element) -> Void) {
        bytes.writeInteger(UInt8(ascii: "["))
        var isFirst = true
        for element in elements {
            if !isFirst { bytes.writeStaticString(", ") }
            isFirst = false
            write(&self, element)
        }
        bytes.writeInteger(UInt8(ascii: "]"))
    }

    /// Writes an object of these members, in their order.
    mutating func object(_ members: KeyValuePairs<String, (inout JSONWriter) -> Void>) {
        bytes.writeInteger(UInt8(ascii: "{"))
        var isFirst = true
        for (key, write) in members {
            if !isFirst { bytes.writeStaticString(", ") }
            isFirst = false
            string(key)
            bytes.writeStaticString(": ")
            write(&self)
        }
        bytes.writeInteger(UInt8(ascii: "}"))
    }

    private static func needsEscape(_ byte: UInt8) -> Bool {
        byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\")
    }

    private mutating func writeByte(_ byte: UInt8) {
        bytes.writeInteger(byte)
    }

    private mutating func escape(_ byte: UInt8) {
        switch byte {
        case UInt8(ascii: "\""): bytes.writeStaticString("\\\"")
        case UInt8(ascii: "\\"): bytes.writeStaticString("\\\\")
        case UInt8(ascii: "\n"): bytes.writeStaticString("\\n")
        case UInt8(ascii: "\r"): bytes.writeStaticString("\\r")
        case UInt8(ascii: "\t"): bytes.writeStaticString("\\t")
        default:
            let digits = Array("0123456789abcdef".utf8)
            bytes.writeStaticString("\\u00")
            bytes.writeInteger(digits[Int(byte >> 4)])
            bytes.writeInteger(digits[Int(byte & 15)])
        }
    }
}
