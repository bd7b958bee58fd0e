import CPython
import HTTPWire

/// Header fields as pairs of `bytes`, so that one that comes again and again is made once.
///
/// For the thread that holds the GIL.
struct HeaderPairs {
    private struct Entry {
        /// A tuple of two `bytes`.
        let pair: PyPointer
        /// The memory of the two, which live as long as the pair.
        let name, value: UnsafeRawBufferPointer
    }

    /// A power of two. A field that has the place of another takes it.
    private static let places = 256
    /// Longer values are not kept: few of them come again.
    private static let longest = 96

    private var entries = [Entry?](repeating: nil, count: places)
    private var names = HeaderNames()

    /// A field as an object.
    mutating func object(_ name: Span<UInt8>, _ value: Span<UInt8>) throws(PythonRaised) -> PythonReference {
        guard value.count <= Self.longest else { return try make(name, value) }
        let place = Self.place(of: name, value)
        if let entry = entries[place], name.equals(entry.name), value.equals(entry.value) { return PythonReference(sharing: entry.pair) }
        let made = try make(name, value)
        if !Self.isSecret(name), let name = bytes(in: made.pointer, at: 0), let value = bytes(in: made.pointer, at: 1) {
            let before = entries[place]
            entries[place] = Entry(pair: returning(made.pointer), name: name, value: value)
            Py_DecRef(before?.pair)
        }
        return made
    }

    /// Forgets everything.
    mutating func removeAll() {
        for entry in entries { Py_DecRef(entry?.pair) }
        entries = []
    }

    private mutating func make(_ name: Span<UInt8>, _ value: Span<UInt8>) throws(PythonRaised) -> PythonReference {
        let name = try names.object(name)
        let value = try PythonText.bytes(value)
        let pair = try PythonReference(PyTuple_New(2))
        // Both take the reference over, also when they fail.
        guard PyTuple_SetItem(pair.pointer, 0, name.release()) == 0, PyTuple_SetItem(pair.pointer, 1, value.release()) == 0 else { throw PythonRaised() }
        return pair
    }

    private func bytes(in pair: PyPointer, at index: Int) -> UnsafeRawBufferPointer? {
        PyTuple_GetItem(pair, index).flatMap(exactBytes)
    }

    /// Where the field is looked for: what tells usual ones apart are their lengths and their last bytes.
    private static func place(of name: Span<UInt8>, _ value: Span<UInt8>) -> Int {
        let mixed = (name.lastWord &+ value.lastWord &* 31 &+ UInt64(truncatingIfNeeded: value.count << 8 ^ name.count)) &* 0x9E37_79B9_7F4A_7C15
        return Int(truncatingIfNeeded: mixed >> 56) & (places - 1)
    }
}

/// What is not kept beyond its request.
extension HeaderPairs {
    static func isSecret(_ name: Span<UInt8>) -> Bool {
        name.equals("cookie") || name.equals("authorization") || name.equals("proxy-authorization")
    }
}

extension Span<UInt8> {
    /// Whether these are the same bytes.
    @inline(__always)
    func equals(_ other: UnsafeRawBufferPointer) -> Bool {
        withUnsafeBytes { $0.equals(other) }
    }

    /// The last eight bytes as a number, or what there is of them.
    @inline(__always)
    fileprivate var lastWord: UInt64 {
        withUnsafeBytes { bytes in
            if bytes.count >= 8 { return bytes.loadUnaligned(fromByteOffset: bytes.count &- 8, as: UInt64.self) }
            var word: UInt64 = 0
            for byte in bytes { word = word << 8 | UInt64(byte) }
            return word
        }
    }
}
