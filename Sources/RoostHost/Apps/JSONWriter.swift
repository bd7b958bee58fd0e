internal import Roost

/// Writes JSON (RFC 8259) as UTF-8, from the first byte to the last.
struct JSONWriter {
    /// Writes a member's value.
    typealias Member = (inout JSONWriter) -> Void

    private static let digits = Array("0123456789abcdef".utf8)

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

    /// Writes a string with each byte as the scalar of its number.
    mutating func latin1(_ text: some Sequence<UInt8>) {
        var scalars = String.UnicodeScalarView()
        for byte in text { scalars.append(Unicode.Scalar(byte)) }
        string(String(scalars))
    }

    /// Writes a string with two hexadecimal digits for each byte.
    mutating func hexadecimal(_ octets: some Sequence<UInt8>) {
        bytes.writeInteger(UInt8(ascii: "\""))
        for octet in octets { hexadecimalDigits(octet) }
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

    /// Writes an object of these members, in their order; one whose `Member` is nil is left out.
    mutating func object(_ members: KeyValuePairs<String, Member?>) {
        bytes.writeInteger(UInt8(ascii: "{"))
        var isFirst = true
        for (key, write) in members {
            guard let write else { continue }
            member(key, isFirst: isFirst)
            isFirst = false
            write(&self)
        }
        bytes.writeInteger(UInt8(ascii: "}"))
    }

    /// Writes an object of strings, in their order.
    mutating func object(_ members: [(key: String, value: String)]) {
        bytes.writeInteger(UInt8(ascii: "{"))
        for (index, (key, value)) in members.enumerated() {
            member(key, isFirst: index == 0)
            string(value)
        }
        bytes.writeInteger(UInt8(ascii: "}"))
    }

    /// What writes `value`; nil if there is none.
    static func member<Value>(_ value: Value?, _ write: @escaping (inout JSONWriter, Value) -> Void) -> Member? {
        guard let value else { return nil }
        return { write(&$0, value) }
    }

    private mutating func member(_ key: String, isFirst: Bool) {
        if !isFirst { bytes.writeStaticString(", ") }
        string(key)
        bytes.writeStaticString(": ")
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
            bytes.writeStaticString("\\u00")
            hexadecimalDigits(byte)
        }
    }

    private mutating func hexadecimalDigits(_ byte: UInt8) {
        bytes.writeInteger(Self.digits[Int(byte >> 4)])
        bytes.writeInteger(Self.digits[Int(byte & 15)])
    }
}
