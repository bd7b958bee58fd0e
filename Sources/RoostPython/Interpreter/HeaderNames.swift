import CPython

/// The names of header fields as `bytes` objects, so that the usual ones are made once.
struct HeaderNames {
    private struct Entry {
        let name: [UInt8]
        let object: PyPointer
    }

    /// A power of two, twice as many as are kept, so that there is always a free place.
    private static let places = 512
    private static let capacity = 256
    /// Longer names are not kept: a client could fill the memory with them.
    private static let longest = 64

    private var entries = [Entry?](repeating: nil, count: places)
    private var count = 0

    /// The name at `range` as an object.
    mutating func object(_ bytes: ArraySlice<UInt8>) throws(PythonRaised) -> PythonReference {
        guard bytes.count <= Self.longest else { return try PythonText.bytes(bytes) }
        // FNV-1a.
        var hash: UInt32 = 2_166_136_261
        for byte in bytes { hash = (hash ^ UInt32(byte)) &* 16_777_619 }
        var place = Int(hash) & (Self.places - 1)
        while let entry = entries[place] {
            if entry.name.count == bytes.count, entry.name.elementsEqual(bytes) { return PythonReference(sharing: entry.object) }
            place = (place + 1) & (Self.places - 1)
        }
        let made = try PythonText.bytes(bytes)
        if count < Self.capacity {
            count += 1
            entries[place] = Entry(name: Array(bytes), object: returning(made.pointer))
        }
        return made
    }
}
