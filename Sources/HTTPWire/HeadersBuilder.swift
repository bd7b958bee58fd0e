/// Makes fields from bytes, without strings, and uses its memory again for the next ones.
///
/// An application sends the same fields again and again: as long as they are those of the time before they are only compared, and if all of them are,
/// what was made of those is given again.
public struct HeadersBuilder: ~Copyable, Sendable {
    /// Offsets have 16 bits.
    private static let longest = 65535
    /// More bytes than these are not worth to be remembered.
    private static let longestRemembered = 1024

    private var bytes = WireBuffer()
    private var entries: [FieldEntry] = []
    private var isTooLarge = false
    /// What came the last time, and what it became; nil if it was nothing to be remembered.
    private var lastBytes = WireBuffer()
    private var lastEntries: [FieldEntry] = []
    private var lastBlock: FieldBlock?
    /// How many fields are those of the last time so far, and are not in `bytes`; nil once one was not.
    private var repeated: Int? = 0

    public init() {}

    /// Appends a field. Nothing of it is looked at.
    public mutating func append(name: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer) {
        if let repeated {
            if repeated < lastEntries.count, isLast(lastEntries[repeated], name: name, value: value) { return self.repeated = repeated &+ 1 }
            copyRepeated(repeated)
        }
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
        if let repeated {
            self.repeated = 0
            if repeated == 0 { return Headers() }
            if repeated == lastEntries.count, let lastBlock { return Headers(storage: .block(lastBlock)) }
            copyRepeated(repeated)
        }
        defer {
            bytes.reset(keepingCapacity: true)
            entries.removeAll(keepingCapacity: true)
            isTooLarge = false
            repeated = 0
        }
        if isTooLarge { return nil }
        let block = bytes.withUnsafeReadableBytes { bytes in
            FieldBlock(head: bytes.bindMemory(to: UInt8.self).span, length: bytes.count, entries: entries, count: entries.count)
        }
        if bytes.readableBytes <= Self.longestRemembered {
            swap(&bytes, &lastBytes)
            swap(&entries, &lastEntries)
            lastBlock = block
        }
        return Headers(storage: .block(block))
    }

    private func isLast(_ entry: FieldEntry, name: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer) -> Bool {
        lastBytes.withUnsafeReadableBytes { last in
            UnsafeRawBufferPointer(rebasing: last[entry.name]).equals(name) && UnsafeRawBufferPointer(rebasing: last[entry.value]).equals(value)
        }
    }

    /// Takes the first fields of the last time as they are: something else comes behind them.
    private mutating func copyRepeated(_ count: Int) {
        repeated = nil
        guard count > 0 else { return }
        entries.append(contentsOf: lastEntries[..<count])
        let end = lastEntries[count - 1].value.upperBound
        lastBytes.withUnsafeReadableBytes { bytes.append(copying: UnsafeRawBufferPointer(rebasing: $0[..<end])) }
    }
}
