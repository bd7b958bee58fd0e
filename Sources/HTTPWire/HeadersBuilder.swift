/// Makes fields from bytes, without strings, and uses its memory again for the next ones.
public struct HeadersBuilder: ~Copyable, Sendable {
    /// Offsets have 16 bits.
    private static let longest = 65535

    private var bytes = WireBuffer()
    private var entries: [FieldEntry] = []
    private var isTooLarge = false
    /// More bytes than these are not worth to be remembered.
    private static let longestRemembered = 1024
    /// What came the last time, and what it became: an application sends the same fields again and again.
    private var lastBytes = WireBuffer()
    private var lastEntries: [FieldEntry] = []
    private var lastBlock: FieldBlock?

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
        if let lastBlock, isLikeLast { return Headers(storage: .block(lastBlock)) }
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

    /// Whether the fields are those of the last time, to the byte.
    private var isLikeLast: Bool {
        guard entries.count == lastEntries.count, entries.indices.allSatisfy({ entries[$0].word == lastEntries[$0].word }) else { return false }
        return bytes.withUnsafeReadableBytes { bytes in
            lastBytes.withUnsafeReadableBytes { bytes.equals($0) }
        }
    }
}

extension UnsafeRawBufferPointer {
    /// Whether both have the same bytes, looked at eight at a time.
    fileprivate func equals(_ other: UnsafeRawBufferPointer) -> Bool {
        guard count == other.count else { return false }
        var offset = 0
        while offset &+ 8 <= count {
            guard loadUnaligned(fromByteOffset: offset, as: UInt64.self) == other.loadUnaligned(fromByteOffset: offset, as: UInt64.self) else { return false }
            offset &+= 8
        }
        return self[offset...].elementsEqual(other[offset...])
    }
}
