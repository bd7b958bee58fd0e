/// Bytes on their way out: appended at the end, consumed from the front.
///
/// This is the one file of the module in which memory is handled by hand, but for what zlib is given to work on; what it offers is safe.
///
/// Invariant: `base` is nil exactly if `storageSize` is 0; otherwise this value alone owns `storageSize` bytes from it.
/// `0 ≤ start ≤ end ≤ storageSize`, and the bytes from `start` to `end` are initialised. Every write goes to room that `room(for:)` has made sure
/// of. Because the value can't be copied and its memory has no other owner, it may be sent to another thread.
public struct WireBuffer: ~Copyable, @unchecked Sendable {
    @usableFromInline var base: UnsafeMutableRawPointer?
    @usableFromInline var start = 0
    @usableFromInline var end = 0
    @usableFromInline var storageSize = 0

    /// An empty buffer without storage.
    @inlinable
    public init() {
        base = nil
    }

    deinit {
        base?.deallocate()
    }

    /// The number of bytes that were appended and not yet consumed.
    @inlinable public var readableBytes: Int { end &- start }
    @inlinable public var isEmpty: Bool { end == start }
    /// How many bytes the storage has room for; 0 while there is none.
    @inlinable public var capacity: Int { storageSize }

    // MARK: Out

    /// Calls `body` with the readable bytes. They must not be used after it has returned.
    @inlinable
    public func withUnsafeReadableBytes<Result, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        guard let base else { return try body(UnsafeRawBufferPointer(start: nil, count: 0)) }
        return try body(UnsafeRawBufferPointer(start: base + start, count: end &- start))
    }

    /// Removes bytes from the front.
    /// - Precondition: `count` is in `0...readableBytes`.
    @inlinable
    public mutating func consume(_ count: Int) {
        precondition(count >= 0 && count <= readableBytes, "more was consumed than was readable")
        start &+= count
        if start == end {
            start = 0
            end = 0
        }
    }

    /// Removes bytes from the end, so that `count` are left.
    /// - Precondition: `count` is in `0...readableBytes`.
    @inlinable
    public mutating func truncate(to count: Int) {
        precondition(count >= 0 && count <= readableBytes, "a buffer can't be truncated to more than it holds")
        end = start &+ count
        if count == 0 {
            start = 0
            end = 0
        }
    }

    /// Forgets all bytes, and frees the storage unless `keepingCapacity` is true.
    @inlinable
    public mutating func reset(keepingCapacity: Bool = false) {
        start = 0
        end = 0
        guard !keepingCapacity, let base else { return }
        base.deallocate()
        self.base = nil
        storageSize = 0
    }

    /// Moves the bytes and their storage out, and leaves this buffer empty and without storage.
    @inlinable
    public mutating func take() -> WireBuffer {
        var taken = WireBuffer()
        swap(&self, &taken)
        return taken
    }

    // MARK: In

    /// Appends the bytes of a span.
    @inlinable
    public mutating func append(_ bytes: Span<UInt8>) {
        bytes.withUnsafeBytes { append(copying: $0) }
    }

    /// Appends the bytes of an array.
    @inlinable
    public mutating func append(_ bytes: [UInt8]) {
        bytes.withUnsafeBytes { append(copying: $0) }
    }

    /// Appends text that the program itself holds.
    @inlinable @inline(__always)
    public mutating func append(_ text: StaticString) {
        if text.hasPointerRepresentation {
            let count = text.utf8CodeUnitCount
            room(for: count).copyMemory(from: text.utf8Start, byteCount: count)
            end &+= count
        } else {
            text.withUTF8Buffer { append(copying: UnsafeRawBufferPointer($0)) }
        }
    }

    /// Appends one byte.
    @inlinable @inline(__always)
    public mutating func append(_ byte: UInt8) {
        room(for: 1).storeBytes(of: byte, as: UInt8.self)
        end &+= 1
    }

    /// Appends a time in the 29 bytes of its form.
    @inlinable
    public mutating func append(_ date: HTTPDate) {
        let room = room(for: 32)
        for index in date.words.indices {
            room.storeBytes(of: date.words[index], toByteOffset: 8 &* index, as: UInt64.self)
        }
        end &+= 29
    }

    /// Appends `name: value` and CRLF; neither part is looked at.
    mutating func appendField(_ name: Span<UInt8>, _ value: Span<UInt8>) {
        let (nameLength, valueLength) = (name.count, value.count)
        let room = room(for: nameLength + valueLength + 4)
        name.withUnsafeBytes { if let source = $0.baseAddress { room.copyMemory(from: source, byteCount: nameLength) } }
        (room + nameLength).storeBytes(of: UInt16(littleEndian: 0x203A), as: UInt16.self)
        value.withUnsafeBytes { if let source = $0.baseAddress { (room + nameLength + 2).copyMemory(from: source, byteCount: valueLength) } }
        (room + nameLength + 2 + valueLength).storeBytes(of: UInt16(littleEndian: 0x0A0D), as: UInt16.self)
        end &+= nameLength &+ valueLength &+ 4
    }

    /// Appends a number in decimal digits; one below zero counts as zero.
    @inlinable
    public mutating func append(decimal number: Int) {
        var rest = UInt(max(number, 0))
        var count = 1
        var bound: UInt = 10
        while rest >= bound {
            count &+= 1
            // Beyond 19 digits there are none in an Int.
            if count == 19 { break }
            bound &*= 10
        }
        let room = room(for: count)
        var offset = count
        repeat {
            offset &-= 1
            let (quotient, digit) = rest.quotientAndRemainder(dividingBy: 10)
            room.storeBytes(of: UInt8(truncatingIfNeeded: digit) | 0x30, toByteOffset: offset, as: UInt8.self)
            rest = quotient
        } while offset > 0
        end &+= count
    }

    /// Appends a number in lower-case hexadecimal digits; one below zero counts as zero.
    @inlinable
    public mutating func append(hexadecimal number: Int) {
        var rest = UInt(max(number, 0))
        let count = max(1, (UInt.bitWidth &- rest.leadingZeroBitCount &+ 3) / 4)
        let room = room(for: count)
        var offset = count
        repeat {
            offset &-= 1
            let digit = UInt8(truncatingIfNeeded: rest & 15)
            room.storeBytes(of: digit < 10 ? digit | 0x30 : digit &+ 0x57, toByteOffset: offset, as: UInt8.self)
            rest >>= 4
        } while offset > 0
        end &+= count
    }

    /// Makes room for `count` more bytes, so that as many can be appended without an allocation.
    @inlinable
    public mutating func reserve(_ count: Int) {
        _ = room(for: count)
    }

    /// Appends bytes, each combined by exclusive or with the byte of `key` at its place; the key's first byte is the lowest.
    mutating func append(copying bytes: UnsafeRawBufferPointer, masked key: UInt32) {
        guard let source = bytes.baseAddress, !bytes.isEmpty else { return }
        let count = bytes.count
        let room = room(for: count)
        let pair = UInt64(key.littleEndian) | UInt64(key.littleEndian) << 32
        let wide = SIMD4(repeating: pair)
        var offset = 0
        while count &- offset >= 32 {
            let word = source.loadUnaligned(fromByteOffset: offset, as: SIMD4<UInt64>.self)
            room.storeBytes(of: word ^ wide, toByteOffset: offset, as: SIMD4<UInt64>.self)
            offset &+= 32
        }
        while count &- offset >= 8 {
            let word = source.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
            room.storeBytes(of: word ^ pair, toByteOffset: offset, as: UInt64.self)
            offset &+= 8
        }
        while offset < count {
            let byte = source.load(fromByteOffset: offset, as: UInt8.self)
            room.storeBytes(of: byte ^ UInt8(truncatingIfNeeded: key >> UInt32(8 &* (offset & 3))), toByteOffset: offset, as: UInt8.self)
            offset &+= 1
        }
        end &+= count
    }

    /// Lets `body` write up to `count` bytes at the end; it returns a result and the number of bytes that it has written.
    mutating func appendRaw<Result>(upTo count: Int, _ body: (UnsafeMutableRawBufferPointer) -> (Result, written: Int)) -> (Result, written: Int) {
        let (result, written) = body(UnsafeMutableRawBufferPointer(start: room(for: count), count: count))
        precondition(written >= 0 && written <= count, "more was written than there was room for")
        end &+= written
        return (result, written)
    }

    /// Puts the bytes of another buffer in the place of the `count` bytes that have `distance` bytes behind them.
    /// - Precondition: neither is below 0, and together they are at most `readableBytes`.
    mutating func replaceBytes(_ count: Int, before distance: Int, by bytes: borrowing WireBuffer) {
        precondition(count >= 0 && distance >= 0 && count <= readableBytes &- distance, "bytes were replaced that are not there")
        bytes.withUnsafeReadableBytes { source in
            let growth = source.count &- count
            let place = room(for: max(growth, 0)) - distance - count
            (place + source.count).copyMemory(from: place + count, byteCount: distance)
            if let address = source.baseAddress { place.copyMemory(from: address, byteCount: source.count) }
            end &+= growth
        }
    }

    @inlinable @inline(__always)
    mutating func append(copying bytes: UnsafeRawBufferPointer) {
        guard let source = bytes.baseAddress, !bytes.isEmpty else { return }
        room(for: bytes.count).copyMemory(from: source, byteCount: bytes.count)
        end &+= bytes.count
    }

    /// Where `count` bytes can be written, which then belong to the readable ones when `end` is moved.
    @inlinable @inline(__always)
    mutating func room(for count: Int) -> UnsafeMutableRawPointer {
        if let base, storageSize &- end >= count { return base + end }
        return grow(by: count)
    }

    @usableFromInline @inline(never)
    mutating func grow(by count: Int) -> UnsafeMutableRawPointer {
        let readable = readableBytes
        let needed = readable + max(count, 0)
        if let base, start > 0, needed <= storageSize / 2 {
            base.copyMemory(from: base + start, byteCount: readable)
            start = 0
            end = readable
            return base + readable
        } else {
            let size = max(512, needed <= 1 << 62 ? 1 << (Int.bitWidth - (needed - 1).leadingZeroBitCount) : needed)
            let grown = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: 16)
            if let base {
                grown.copyMemory(from: base + start, byteCount: readable)
                base.deallocate()
            }
            base = grown
            storageSize = size
            start = 0
            end = readable
            return grown + readable
        }
    }
}
