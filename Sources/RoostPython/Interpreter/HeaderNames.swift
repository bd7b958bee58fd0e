import CPython

/// The names of header fields as `bytes` objects, so that the usual ones are made once.
struct HeaderNames {
    /// A power of two, twice as many as are kept, so that there is always a free place.
    private static let places = 512
    private static let capacity = 256
    /// Longer names are not kept: a client could fill the memory with them.
    private static let longest = 64

    private var objects = [PyPointer?](repeating: nil, count: places)
    private var count = 0

    /// A name as an object.
    mutating func object(_ name: Span<UInt8>) throws(PythonRaised) -> PythonReference {
        guard name.count <= Self.longest else { return try PythonText.bytes(name) }
        var place = name.hash & (Self.places - 1)
        while let object = objects[place] {
            if name.equals(object) { return PythonReference(sharing: object) }
            place = (place + 1) & (Self.places - 1)
        }
        let made = try PythonText.bytes(name)
        if count < Self.capacity {
            count += 1
            objects[place] = returning(made.pointer)
        }
        return made
    }
}
