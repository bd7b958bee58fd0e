import CPython

/// Names of response fields that were looked at and are right, by the `str` objects that applications give: most are constants of their code, and
/// the same object each time.
///
/// For threads that hold the GIL. None of the calls here runs Python's code, so no other thread comes between.
struct KnownFieldNames {
    struct Name {
        /// Held, so that the address is no other object's.
        fileprivate let object: PyPointer
        /// The object's own memory.
        let bytes: UnsafeRawBufferPointer
        let isContentLength: Bool
    }

    /// A power of two. A name that has the place of another takes it.
    private static let places = 64
    private static let longest = 64

    private var names = [Name?](repeating: nil, count: places)

    subscript(object: PyPointer) -> Name? {
        guard let name = names[Self.place(of: object)], name.object == object else { return nil }
        return name
    }

    /// Keeps a name that is right.
    ///
    /// - Parameter bytes: its characters; they are the object's own memory if they are ASCII, as those of a name are.
    mutating func keep(_ object: PyPointer, _ bytes: UnsafeRawBufferPointer, isContentLength: Bool) {
        guard cpython_is_exactly(object, cpython_objects().pointee.unicode_type) != 0, bytes.count <= Self.longest else { return }
        let before = names[Self.place(of: object)]
        names[Self.place(of: object)] = Name(object: returning(object), bytes: bytes, isContentLength: isContentLength)
        Py_DecRef(before?.object)
    }

    /// Lets go of the names, once and last of all.
    func end() {
        for name in names { Py_DecRef(name?.object) }
    }

    private static func place(of object: PyPointer) -> Int {
        let address = UInt(bitPattern: object)
        return Int(truncatingIfNeeded: (address >> 4) ^ (address >> 10)) & (places - 1)
    }
}
