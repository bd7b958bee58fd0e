import CPython
import Glibc
import HTTPWire

/// Texts and bytes between the two languages.
enum PythonText {
    /// A `str` as a string; nil if it is no `str` or has no UTF-8.
    static func string(_ object: PyPointer) -> String? {
        guard let unicode = cpython_objects().pointee.unicode_type, cpython_is_instance(object, unicode) != 0 else { return nil }
        var count = 0
        guard let start = PyUnicode_AsUTF8AndSize(object, &count) else {
            PyErr_Clear()
            return nil
        }
        return String(decoding: UnsafeRawBufferPointer(start: start, count: count), as: UTF8.self)
    }

    /// The name of an object's type.
    static func typeName(of object: PyPointer) -> String? {
        guard let type = object.pointee.type?.assumingMemoryBound(to: PyObject.self), let name = PyObject_GetAttrString(type, "__name__") else {
            PyErr_Clear()
            return nil
        }
        defer { Py_DecRef(name) }
        return string(name)
    }

    /// A string as a `str`.
    static func object(_ text: String) throws(PythonRaised) -> PythonReference {
        var text = text
        let made = text.withUTF8 { utf8 in
            utf8.withMemoryRebound(to: CChar.self) { PyUnicode_DecodeUTF8($0.baseAddress, $0.count, "replace") }
        }
        return try PythonReference(made)
    }

    /// What a request is called as a `str`.
    static func object(_ id: RequestID) throws(PythonRaised) -> PythonReference {
        let made = id.withText { text in
            PyUnicode_DecodeLatin1(text.baseAddress?.assumingMemoryBound(to: CChar.self), text.count, nil)
        }
        return try PythonReference(made)
    }

    /// ASCII as a `str`.
    static func ascii(_ bytes: Span<UInt8>) throws(PythonRaised) -> PythonReference {
        try PythonReference(bytes.withUnsafeBytes { raw in
            PyUnicode_FromStringAndSize(raw.baseAddress?.assumingMemoryBound(to: CChar.self), raw.count)
        })
    }

    /// Each byte as a scalar, in a `str`.
    static func latin1(_ bytes: Span<UInt8>) throws(PythonRaised) -> PythonReference {
        try PythonReference(bytes.withUnsafeBytes { raw in
            PyUnicode_DecodeLatin1(raw.baseAddress?.assumingMemoryBound(to: CChar.self), raw.count, nil)
        })
    }

    /// Bytes as `bytes`.
    static func bytes(_ bytes: Span<UInt8>) throws(PythonRaised) -> PythonReference {
        try PythonReference(bytes.withUnsafeBytes { raw in
            PyBytes_FromStringAndSize(raw.baseAddress?.assumingMemoryBound(to: CChar.self), raw.count)
        })
    }

    /// Each scalar of a field's value as the byte that it stands for.
    static func latin1(_ text: String) throws(PythonRaised) -> PythonReference {
        let raw = text.unicodeScalars.map { UInt8(truncatingIfNeeded: $0.value) }
        return try bytes(raw.span)
    }
}

extension Span<UInt8> {
    /// Whether these are the bytes of a text.
    @inline(__always)
    func equals(_ text: StaticString) -> Bool {
        withUnsafeBytes { $0.equals(text) }
    }

    /// Whether these are the bytes of an object, which must be a `bytes`.
    func equals(_ object: PyPointer) -> Bool {
        var start: UnsafeMutablePointer<CChar>?
        var length = 0
        guard PyBytes_AsStringAndSize(object, &start, &length) == 0, length == count, let start else { return false }
        return withUnsafeBytes { bytes in
            guard let baseAddress = bytes.baseAddress else { return true }
            return memcmp(baseAddress, start, length) == 0
        }
    }

    /// A number that is most often another for other bytes: FNV-1a.
    var hash: Int {
        var hash: UInt32 = 2_166_136_261
        for index in indices { hash = (hash ^ UInt32(self[index])) &* 16_777_619 }
        return Int(hash)
    }
}

extension UnsafeRawBufferPointer {
    /// Whether these are the bytes of a text.
    @inline(__always)
    func equals(_ text: StaticString) -> Bool {
        guard count == text.utf8CodeUnitCount, let baseAddress else { return false }
        return memcmp(baseAddress, text.utf8Start, count) == 0
    }
}

/// The bytes of a `bytes`, valid as long as the object; nil if it is something else, if only a class derived from it.
func exactBytes(_ object: PyPointer) -> UnsafeRawBufferPointer? {
    guard cpython_is_exactly(object, cpython_objects().pointee.bytes_type) != 0 else { return nil }
    var start: UnsafeMutablePointer<CChar>?
    var count = 0
    guard PyBytes_AsStringAndSize(object, &start, &count) == 0 else { return nil }
    return UnsafeRawBufferPointer(start: start, count: count)
}

/// Calls `body` with the bytes of an object that has any: `bytes` first of all, else whatever gives a view of its memory.
///
/// - Throws: `PythonRaised` with a TypeError if it has none.
func withBytes<Result>(of object: PyPointer, _ body: (UnsafeRawBufferPointer) -> Result) throws(PythonRaised) -> Result {
    if let bytes = exactBytes(object) { return body(bytes) }
    var view = Py_buffer()
    guard PyObject_GetBuffer(object, &view, 0) == 0 else { throw PythonRaised() }
    defer { PyBuffer_Release(&view) }
    return body(UnsafeRawBufferPointer(start: view.buf, count: view.len))
}
