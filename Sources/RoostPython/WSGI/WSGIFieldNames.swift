import CPython

/// The variables of header fields (`HTTP_ACCEPT_ENCODING`) as `str` objects, so that the usual ones are made once.
///
/// For threads that hold the GIL. None of the calls here runs Python's code, so no other thread comes between.
struct WSGIFieldNames {
    /// What becomes of a field.
    enum Place: ~Copyable {
        /// It is the value of this variable. `isRepeated`: there was one of this name in the same request.
        case variable(PythonReference, isRepeated: Bool)
        /// The same, and whether it is repeated is not known.
        case uncertain(PythonReference)
        /// It has a variable without `HTTP_`, or none.
        case none
    }

    private struct Entry {
        let name: [UInt8]
        /// The variable; nil if there is none for this name.
        let variable: PyPointer?
        /// The request in which it came last.
        var request: UInt64
    }

    /// A power of two, twice as many as are kept, so that there is always a free place.
    private static let places = 512
    private static let capacity = 256
    /// Longer names are not kept: a client could fill the memory with them.
    private static let longest = 64

    private var entries = [Entry?](repeating: nil, count: places)
    private var count = 0
    private var request: UInt64 = 0

    /// Begins the next request.
    mutating func begin() { request &+= 1 }

    /// Where the field with this name, which is in lower case, goes.
    mutating func place(of name: ArraySlice<UInt8>) throws(PythonRaised) -> Place {
        guard name.count <= Self.longest else { return try Self.uncertain(name) }
        // FNV-1a.
        var hash: UInt32 = 2_166_136_261
        for byte in name { hash = (hash ^ UInt32(byte)) &* 16_777_619 }
        var index = Int(hash) & (Self.places - 1)
        while let entry = entries[index] {
            if entry.name.count == name.count, entry.name.elementsEqual(name) {
                guard let variable = entry.variable else { return .none }
                entries[index]?.request = request
                return .variable(PythonReference(sharing: variable), isRepeated: entry.request == request)
            }
            index = (index + 1) & (Self.places - 1)
        }
        guard count < Self.capacity else { return try Self.uncertain(name) }
        count += 1
        guard let variable = try Self.variable(for: name) else {
            entries[index] = Entry(name: Array(name), variable: nil, request: request)
            return .none
        }
        entries[index] = Entry(name: Array(name), variable: returning(variable.pointer), request: request)
        return .variable(variable, isRepeated: false)
    }

    private static func uncertain(_ name: ArraySlice<UInt8>) throws(PythonRaised) -> Place {
        guard let variable = try variable(for: name) else { return .none }
        return .uncertain(variable)
    }

    /// `HTTP_ACCEPT_ENCODING` for `accept-encoding`; nil for a field with an underscore in its name, which would pose as the one with a dash, and
    /// for the two that have a variable of their own.
    static func variable(for name: some Collection<UInt8>) throws(PythonRaised) -> PythonReference? {
        if name.contains(UInt8(ascii: "_")) || name.elementsEqual("content-type".utf8) || name.elementsEqual("content-length".utf8) { return nil }
        var variable = Array("HTTP_".utf8)
        for byte in name {
            variable.append(byte == UInt8(ascii: "-") ? UInt8(ascii: "_") : (0x61...0x7A).contains(byte) ? byte &- 0x20 : byte)
        }
        return try PythonText.ascii(variable[...])
    }
}
