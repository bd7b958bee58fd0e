/// Makes fields from bytes, without strings, and uses its memory again for the next ones.
public struct HeadersBuilder: Sendable {
    private var bytes: [UInt8] = []
    private var entries: [FieldEntry] = []
    private var isTooLarge = false

    public init() {}

    /// Appends a field. Nothing of it is looked at.
    public mutating func append(name: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer) {
        let nameStart = bytes.count
        bytes.append(contentsOf: name)
        let valueStart = bytes.count
        bytes.append(contentsOf: value)
        // Offsets have 16 bits.
        guard bytes.count <= 65535 else {
            isTooLarge = true
            return bytes.removeLast(bytes.count - nameStart)
        }
        entries.append(FieldEntry(name: nameStart..<valueStart, value: valueStart..<bytes.count))
    }

    /// The fields so far, their names in lower case; nil if they are more than 65535 bytes. The builder is empty then.
    public mutating func finish() -> Headers? {
        defer {
            bytes.removeAll(keepingCapacity: true)
            entries.removeAll(keepingCapacity: true)
            isTooLarge = false
        }
        guard !isTooLarge else { return nil }
        return Headers(storage: .block(FieldBlock(head: bytes.span, length: bytes.count, entries: entries, count: entries.count)))
    }
}
