import CPython

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

    /// A string as a `str`.
    static func object(_ text: String) throws(PythonRaised) -> PythonReference {
        var text = text
        let made = text.withUTF8 { utf8 in
            utf8.withMemoryRebound(to: CChar.self) { PyUnicode_DecodeUTF8($0.baseAddress, $0.count, "replace") }
        }
        return try PythonReference(made)
    }

    /// ASCII as a `str`.
    static func ascii(_ bytes: ArraySlice<UInt8>) throws(PythonRaised) -> PythonReference {
        try PythonReference(bytes.withUnsafeBytes { raw in
            PyUnicode_FromStringAndSize(raw.baseAddress?.assumingMemoryBound(to: CChar.self), raw.count)
        })
    }

    /// Bytes as `bytes`.
    static func bytes(_ bytes: ArraySlice<UInt8>) throws(PythonRaised) -> PythonReference {
        try PythonReference(bytes.withUnsafeBytes { raw in
            PyBytes_FromStringAndSize(raw.baseAddress?.assumingMemoryBound(to: CChar.self), raw.count)
        })
    }

    /// Each scalar of a field's value as the byte that it stands for.
    static func latin1(_ text: String) throws(PythonRaised) -> PythonReference {
        try bytes(text.unicodeScalars.map { UInt8(truncatingIfNeeded: $0.value) }[...])
    }
}

/// Calls `body` with the bytes of an object that has any: `bytes` first of all, else whatever gives a view of its memory.
///
/// - Throws: `PythonRaised` with a TypeError if it has none.
func withBytes<Result>(of object: PyPointer, _ body: (UnsafeRawBufferPointer) -> Result) throws(PythonRaised) -> Result {
    if cpython_is_exactly(object, cpython_objects().pointee.bytes_type) != 0 {
        var start: UnsafeMutablePointer<CChar>?
        var count = 0
        guard PyBytes_AsStringAndSize(object, &start, &count) == 0 else { throw PythonRaised() }
        return body(UnsafeRawBufferPointer(start: start, count: count))
    }
    var view = Py_buffer()
    guard PyObject_GetBuffer(object, &view, 0) == 0 else { throw PythonRaised() }
    defer { PyBuffer_Release(&view) }
    return body(UnsafeRawBufferPointer(start: view.buf, count: view.len))
}
