internal import HTTPWire

extension WireBuffer {
    /// Appends a string of JSON (RFC 8259), with quotation marks. Beyond what JSON asks for, everything that could turn a terminal's head is escaped.
    mutating func append(json text: String) {
        append(json: text.utf8.span)
    }

    /// Appends a string of JSON. Bytes that are no UTF-8 stand for one scalar each (ISO 8859-1), as in HTTP's field values.
    mutating func append(json bytes: Span<UInt8>) {
        append("\"")
        append(jsonCharacters: bytes)
        append("\"")
    }

    /// Appends what stands between the quotation marks of such a string.
    mutating func append(jsonCharacters bytes: Span<UInt8>) {
        if bytes.bytes.isPlainInQuotes {
            append(bytes)
        } else {
            for scalar in Self.decoded(bytes).unicodeScalars { appendEscaped(scalar) }
        }
    }

    private static func decoded(_ bytes: Span<UInt8>) -> String {
        bytes.withUnsafeBufferPointer { bytes in
            String(validating: bytes, as: UTF8.self) ?? String(String.UnicodeScalarView(bytes.lazy.map { Unicode.Scalar($0) }))
        }
    }

    private mutating func appendEscaped(_ scalar: Unicode.Scalar) {
        switch scalar {
        case "\"": append("\\\"")
        case "\\": append("\\\\")
        case "\n": append("\\n")
        case "\r": append("\\r")
        case "\t": append("\\t")
        case _ where OneLine.needsEscape(scalar):
            // All of them have at most four digits.
            append("\\u")
            for shift in [12, 8, 4, 0] { append(hexadecimal: Int(scalar.value >> UInt32(shift) & 15)) }
        default:
            for byte in UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter { append(byte) }
        }
    }
}
