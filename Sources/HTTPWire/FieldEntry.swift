/// Where a field's name and value are: four 16-bit numbers in one word.
@usableFromInline
struct FieldEntry: Sendable {
    @usableFromInline let word: UInt64

    @inlinable
    init(word: UInt64) {
        self.word = word
    }

    /// Offsets and lengths are at most 65535: a head is no longer than that.
    @inline(__always)
    init(name: Range<Int>, value: Range<Int>) {
        word = UInt64(UInt16(truncatingIfNeeded: name.lowerBound))
            | UInt64(UInt16(truncatingIfNeeded: name.count)) << 16
            | UInt64(UInt16(truncatingIfNeeded: value.lowerBound)) << 32
            | UInt64(UInt16(truncatingIfNeeded: value.count)) << 48
    }

    @inlinable var nameStart: Int { Int(word & 0xFFFF) }
    @inlinable var nameLength: Int { Int(word >> 16 & 0xFFFF) }
    @inlinable var valueStart: Int { Int(word >> 32 & 0xFFFF) }
    @inlinable var valueLength: Int { Int(word >> 48) }

    @inlinable var name: Range<Int> { nameStart..<nameStart + nameLength }
    @inlinable var value: Range<Int> { valueStart..<valueStart + valueLength }
}
