/// One entry for the journal, in the form in which the journal takes it: fields one after the other, each with a line feed at its end.
///
/// A value with a line feed in it has its length in front, so that no value can pass for a field
/// (https://systemd.io/JOURNAL_NATIVE_PROTOCOL/).
public struct JournalEntry: Sendable {
    private(set) var bytes: [UInt8] = []

    /// An entry without fields.
    public init() {}

    public init(_ fields: some Sequence<JournalField>) {
        for field in fields { append(field.name, field.value) }
    }

    /// Forgets the fields, and keeps the storage for the next entry's.
    public mutating func removeAll() {
        bytes.removeAll(keepingCapacity: true)
    }

    /// Adds a field; a name may come more than once.
    public mutating func append(_ name: JournalField.Name, _ value: some Collection<UInt8>) {
        bytes.append(contentsOf: name.text.utf8)
        if value.contains(UInt8(ascii: "\n")) {
            bytes.append(UInt8(ascii: "\n"))
            withUnsafeBytes(of: UInt64(value.count).littleEndian) { bytes.append(contentsOf: $0) }
        } else {
            bytes.append(UInt8(ascii: "="))
        }
        bytes.append(contentsOf: value)
        bytes.append(UInt8(ascii: "\n"))
    }

    /// Adds a field whose value is text, in UTF-8.
    public mutating func append(_ name: JournalField.Name, _ value: String) {
        append(name, value.utf8)
    }
}
