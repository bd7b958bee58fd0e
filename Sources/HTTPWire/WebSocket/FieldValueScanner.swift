/// Reads the value of a field that is a list of tokens with parameters (RFC 6455 section 9.1), part by part.
struct FieldValueScanner {
    private let bytes: [UInt8]
    private var offset = 0

    init(_ value: String) {
        bytes = Array(value.utf8)
    }

    var isAtEnd: Bool { offset == bytes.count }

    /// Skips spaces and tabs.
    mutating func skipWhitespace() {
        while offset < bytes.count, bytes[offset] == 0x20 || bytes[offset] == 0x09 { offset += 1 }
    }

    /// Skips `byte` if it is next, and white space around it; returns whether it was.
    mutating func skip(_ byte: UInt8) -> Bool {
        skipWhitespace()
        guard offset < bytes.count, bytes[offset] == byte else { return false }
        offset += 1
        skipWhitespace()
        return true
    }

    /// The token that is next; nil if there is none.
    mutating func token() -> String? {
        let start = offset
        while offset < bytes.count, ByteSet.token.contains(bytes[offset]) { offset += 1 }
        return offset > start ? String(decoding: bytes[start..<offset], as: UTF8.self) : nil
    }

    /// The token that is next, perhaps in quotation marks, within which a backslash stands before any byte of it; nil if there is none.
    mutating func tokenOrQuoted() -> String? {
        guard offset < bytes.count, bytes[offset] == UInt8(ascii: "\"") else { return token() }
        var text: [UInt8] = []
        offset += 1
        while offset < bytes.count, bytes[offset] != UInt8(ascii: "\"") {
            if bytes[offset] == UInt8(ascii: "\\") { offset += 1 }
            guard offset < bytes.count, ByteSet.token.contains(bytes[offset]) else { return nil }
            text.append(bytes[offset])
            offset += 1
        }
        guard offset < bytes.count, !text.isEmpty else { return nil }
        offset += 1
        return String(decoding: text, as: UTF8.self)
    }
}
