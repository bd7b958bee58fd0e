/// A parsed head in one allocation: its bytes with the field names in lower case, an entry of eight bytes for each field, and the number of fields.
@usableFromInline
struct FieldBlock: Sendable {
    /// Invariant: the last eight bytes are the number of entries, and the entries are before it; each lies within the bytes before them.
    @usableFromInline let storage: [UInt8]

    /// Copies the first `length` bytes of `head`, in which the first `count` of `entries` lie.
    init(head: Span<UInt8>, length: Int, entries: [FieldEntry], count: Int) {
        storage = makeStorage(head, length: length, entries: entries, count: count)
    }

    /// The number of fields.
    @inlinable
    var count: Int { Int(truncatingIfNeeded: word(at: storage.count &- 8)) }

    /// The number of bytes of the head.
    @inlinable
    var headLength: Int { storage.count &- 8 &* (count &+ 1) }

    /// - Precondition: `index` is in `0..<count`.
    @inlinable
    func entry(at index: Int) -> FieldEntry {
        precondition(index >= 0 && index < count, "there is no header field with this index")
        return FieldEntry(word: word(at: headLength &+ 8 &* index))
    }

    @inlinable
    func word(at offset: Int) -> UInt64 {
        storage.span.bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt64.self)
    }

    /// The index of the first field, at or after `start`, that has this name in any case; nil if there is none.
    func firstIndex(ofField name: String, from start: Int = 0) -> Int? {
        let name = name.utf8
        let bytes = storage.span
        for index in start..<max(start, count) {
            let entry = entry(at: index)
            guard entry.nameLength == name.count else { continue }
            var offset = entry.nameStart
            var isSame = true
            for byte in name {
                guard bytes[offset] == byte.lowercased else {
                    isSame = false
                    break
                }
                offset &+= 1
            }
            if isSame { return index }
        }
        return nil
    }

    func field(at index: Int) -> HeaderField {
        let entry = entry(at: index)
        return HeaderField(name: String(decoding: storage[entry.name], as: UTF8.self), value: String(latin1: storage[entry.value]))
    }
}

/// Makes a block's storage, in memory of the stack if it is not large; an array is fastest made as a copy of memory that is there.
///
/// This is the one place of the parser that moves memory by hand: a copy through spans is one byte at a time. Invariant: what is written is within
/// the temporary memory, whose size is the sum of it, and all of that is written; what is read is within `head` and `entries`, which is checked.
private func makeStorage(_ head: Span<UInt8>, length: Int, entries: [FieldEntry], count: Int) -> [UInt8] {
    precondition(length >= 0 && length <= head.count && count >= 0 && count <= entries.count)
    let indexSize = 8 &* count
    return head.withUnsafeBytes { head in
        entries.withUnsafeBytes { entries in
            withUnsafeTemporaryAllocation(byteCount: length &+ indexSize &+ 8, alignment: 8) { storage in
                guard let start = storage.baseAddress, let headStart = head.baseAddress else { return [] }
                start.copyMemory(from: headStart, byteCount: length)
                if let entriesStart = entries.baseAddress {
                    (start + length).copyMemory(from: entriesStart, byteCount: indexSize)
                }
                storage.storeBytes(of: UInt64(count), toByteOffset: length &+ indexSize, as: UInt64.self)
                var bytes = storage.mutableBytes
                for index in 0..<count {
                    bytes.lowercaseName(FieldEntry(word: entries.load(fromByteOffset: 8 &* index, as: UInt64.self)))
                }
                return Array(storage)
            }
        }
    }
}

extension MutableRawSpan {
    /// Puts a field's name into lower case, eight bytes at a time: behind a name there are always more, which are left as they are.
    @inline(__always)
    fileprivate mutating func lowercaseName(_ entry: FieldEntry) {
        var offset = entry.nameStart
        var left = entry.nameLength
        while left > 0 {
            let word = UInt64(littleEndian: unsafeLoadUnaligned(fromByteOffset: offset, as: UInt64.self))
            let mask = left >= 8 ? UInt64.max : (1 << UInt64(left &* 8)) &- 1
            let lower = (word.lowercased & mask) | (word & ~mask)
            storeBytes(of: lower.littleEndian, toByteOffset: offset, as: UInt64.self)
            offset &+= 8
            left &-= 8
        }
    }
}
