/// One field of a journal entry: a name that the journal takes, and any bytes.
///
/// systemd.journal-fields(7) lists the names that have a meaning; others are the program's own.
public struct JournalField: Sendable, Hashable {
    /// A field's name: at most 64 of `A` to `Z`, `0` to `9` and `_`, the first of them a letter.
    ///
    /// The journal silently drops fields with other names; those that begin with `_` it sets itself.
    public struct Name: Sendable, Hashable, CustomStringConvertible {
        /// The most bytes that a name may have.
        public static let maximumLength = 64

        public let text: String

        /// Returns nil if the journal would not take a field of this name.
        public init?(_ text: String) {
            guard let first = text.utf8.first, Self.isLetter(first), text.utf8.count <= Self.maximumLength,
                  text.utf8.allSatisfy({ Self.isLetter($0) || Self.isDigit($0) || $0 == UInt8(ascii: "_") })
            else { return nil }
            self.text = text
        }

        private init(known text: String) {
            self.text = text
        }

        /// The entry's text, as journalctl(1) shows it.
        public static let message = Name(known: "MESSAGE")
        /// A priority of syslog(3), `0` to `7`.
        public static let priority = Name(known: "PRIORITY")
        /// The program's name, which journalctl(1) shows before the text.
        public static let syslogIdentifier = Name(known: "SYSLOG_IDENTIFIER")
        /// The source file that the entry comes from.
        public static let codeFile = Name(known: "CODE_FILE")
        /// The line in that file.
        public static let codeLine = Name(known: "CODE_LINE")
        /// The function in that file.
        public static let codeFunction = Name(known: "CODE_FUNC")
        /// The label of the logger that wrote the entry.
        public static let logger = Name(known: "LOGGER")

        public var description: String { text }

        private static func isLetter(_ byte: UInt8) -> Bool { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) }
        private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }
    }

    public var name: Name
    public var value: [UInt8]

    public init(_ name: Name, _ value: [UInt8]) {
        self.name = name
        self.value = value
    }

    /// A field whose value is text, in UTF-8.
    public init(_ name: Name, _ text: String) {
        self.init(name, Array(text.utf8))
    }
}
