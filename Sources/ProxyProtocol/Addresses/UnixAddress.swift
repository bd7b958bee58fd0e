/// The address of a Unix socket as a field of 108 bytes can hold it: a path, a name in Linux's abstract name space, or nothing.
public struct UnixAddress: Sendable, Hashable, CustomStringConvertible {
    /// The bytes of the field, that is of `sun_path` (unix(7)).
    public static let fieldLength = 108

    /// A path without its NUL; a NUL and the name, if it is abstract; nothing, if the socket has no name.
    public let bytes: [UInt8]

    private init(bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// The address of a socket without a name, as a client's end has it as a rule.
    public static let unnamed = UnixAddress(bytes: [])

    /// A path of 1 to 108 bytes without a NUL; else nil.
    public init?(path: String) {
        let bytes = Array(path.utf8)
        guard (1...Self.fieldLength).contains(bytes.count), !bytes.contains(0) else { return nil }
        self.init(bytes: bytes)
    }

    /// A name of 1 to 107 bytes, without the NUL before it, that doesn't end in a NUL, since that could not be told from padding; else nil.
    public init?(abstractName name: String) {
        let bytes = [0] + Array(name.utf8)
        guard (2...Self.fieldLength).contains(bytes.count), bytes.last != 0 else { return nil }
        self.init(bytes: bytes)
    }

    /// Reads the field that begins at `offset`. What follows a path's NUL means nothing.
    init(_ span: Span<UInt8>, at offset: Int) {
        let field = span.array(offset..<offset + Self.fieldLength)
        if field[0] == 0 {
            let end = field.lastIndex { $0 != 0 }.map { $0 + 1 } ?? 0
            self.init(bytes: Array(field[..<end]))
        } else {
            self.init(bytes: Array(field.prefix { $0 != 0 }))
        }
    }

    /// The field on the wire.
    var field: [UInt8] { bytes + Array(repeating: 0, count: Self.fieldLength - bytes.count) }

    public var isAbstract: Bool { bytes.first == 0 }

    /// The path; nil if there is none or it is not UTF-8.
    public var path: String? {
        bytes.isEmpty || isAbstract ? nil : String(validating: bytes, as: UTF8.self)
    }

    /// The path, `@` and the abstract name, or nothing: fit for a log, with control characters as `\x0a`, and U+FFFD for what is not UTF-8.
    public var description: String {
        let name = String(decoding: bytes.dropFirst(isAbstract ? 1 : 0), as: UTF8.self)
        var text = isAbstract ? "@" : ""
        for scalar in name.unicodeScalars {
            if scalar.properties.generalCategory == .control {
                let digits = String(scalar.value, radix: 16)
                text += digits.count < 2 ? "\\x0\(digits)" : "\\x\(digits)"
            } else {
                text.unicodeScalars.append(scalar)
            }
        }
        return text
    }
}
