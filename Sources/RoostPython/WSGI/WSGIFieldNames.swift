import CPython
import HTTPWire

/// The variables of header fields (`HTTP_ACCEPT_ENCODING`) as `str` objects, so that the usual ones are made once.
///
/// For threads that hold the GIL. None of the calls here runs Python's code, so no other thread comes between.
struct WSGIFieldNames {
    /// What becomes of a field.
    enum Place: ~Copyable {
        /// It is the value of this variable. `isRepeated`: there was one of this name in the same request. `index` is for `value(at:_:)`.
        case variable(PythonReference, isRepeated: Bool, index: Int)
        /// The same, and whether it is repeated is not known.
        case uncertain(PythonReference)
        /// It has a variable without `HTTP_`, or none.
        case none
    }

    private struct Entry {
        /// The memory of a `bytes` that is never let go.
        let name: UnsafeRawBufferPointer
        /// The variable; nil if there is none for this name.
        let variable: PyPointer?
        /// The request in which it came last.
        var request: UInt64
        /// Its value then, if it is worth to be kept.
        var value: KnownValue?
        /// Whether no value is kept beyond its request.
        let isSecret: Bool
    }

    /// A `str` of ASCII, and its memory, which lives as long as it does.
    private struct KnownValue {
        let object: PyPointer
        let bytes: UnsafeRawBufferPointer
    }

    /// A power of two, twice as many as are kept, so that there is always a free place.
    private static let places = 512
    private static let capacity = 256
    /// Longer names are not kept: a client could fill the memory with them.
    private static let longest = 64
    /// Longer values are not kept: few of them come again.
    private static let longestValue = 96

    private var entries = [Entry?](repeating: nil, count: places)
    private var count = 0
    private var request: UInt64 = 0

    /// Begins the next request.
    mutating func begin() { request &+= 1 }

    /// Where the field with this name, which is in lower case, goes.
    mutating func place(of name: Span<UInt8>) throws(PythonRaised) -> Place {
        guard name.count <= Self.longest else { return try Self.uncertain(name) }
        var index = name.hash & (Self.places - 1)
        while let entry = entries[index] {
            if name.equals(entry.name) {
                guard let variable = entry.variable else { return .none }
                entries[index]?.request = request
                return .variable(PythonReference(sharing: variable), isRepeated: entry.request == request, index: index)
            }
            index = (index + 1) & (Self.places - 1)
        }
        guard count < Self.capacity else { return try Self.uncertain(name) }
        let key = try PythonText.bytes(name)
        guard let kept = exactBytes(key.pointer) else { throw PythonRaised() }
        let variable = try Self.variable(for: name.copied)
        count += 1
        _ = key.release()
        guard let variable else {
            entries[index] = Entry(name: kept, variable: nil, request: request, isSecret: true)
            return .none
        }
        entries[index] = Entry(name: kept, variable: returning(variable.pointer), request: request, isSecret: HeaderPairs.isSecret(name))
        return .variable(variable, isRepeated: false, index: index)
    }

    /// The value of the field whose `Place` has this index: the object that it had the last time, if it is the same.
    mutating func value(at index: Int, _ value: Span<UInt8>) throws(PythonRaised) -> PythonReference {
        if let known = entries[index]?.value, value.equals(known.bytes) { return PythonReference(sharing: known.object) }
        let made = try PythonText.latin1(value)
        guard value.count <= Self.longestValue, value.bytes.isPrintableASCII, entries[index]?.isSecret == false else { return made }
        var count = 0
        // Of ASCII it is the object's own memory.
        guard let start = PyUnicode_AsUTF8AndSize(made.pointer, &count) else { throw PythonRaised() }
        let before = entries[index]?.value
        entries[index]?.value = KnownValue(object: returning(made.pointer), bytes: UnsafeRawBufferPointer(start: start, count: count))
        Py_DecRef(before?.object)
        return made
    }

    private static func uncertain(_ name: Span<UInt8>) throws(PythonRaised) -> Place {
        guard let variable = try variable(for: name.copied) else { return .none }
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
        return try PythonText.ascii(variable.span)
    }
}

extension Span<UInt8> {
    fileprivate var copied: [UInt8] { withUnsafeBytes { Array($0) } }
}
