/// Makes fields from bytes, without strings, and uses its memory again for the next ones.
public struct HeadersBuilder: ~Copyable, Sendable {
    /// Offsets have 16 bits.
    private static let longest = 65535

    private var bytes = WireBuffer()
    private var entries: [FieldEntry] = []
    private var isTooLarge = false

    public init() {}

    /// Appends a field. Nothing of it is looked at.
    public mutating func append(name: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer) {
        let nameStart = bytes.readableBytes
        let valueStart = nameStart + name.count
        let end = valueStart + value.count
        guard end <= Self.longest else { return isTooLarge = true }
        bytes.append(copying: name)
        bytes.append(copying: value)
        entries.append(FieldEntry(name: nameStart..<valueStart, value: valueStart..<end))
    }

    /// The fields so far, their names in lower case; nil if they are more than 65535 bytes. The builder is empty then.
    public mutating func finish() -> Headers? {
        defer {
            bytes.reset(keepingCapacity: true)
            entries.removeAll(keepingCapacity: true)
            isTooLarge = false
        }
        if isTooLarge { return nil }
        if entries.isEmpty { return Headers() }
        return bytes.withUnsafeReadableBytes { bytes in
            Headers(storage: .block(FieldBlock(head: bytes.bindMemory(to: UInt8.self).span, length: bytes.count, entries: entries, count: entries.count)))
        }
    }
}
