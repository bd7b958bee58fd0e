import CPython

/// The types and objects that all WSGI applications of the process share. Made once, when there is the first of them, and kept.
///
/// `@unchecked Sendable`: immutable, and touched by threads that hold the GIL only.
struct WSGITypes: @unchecked Sendable {
    let request: HeapType
    let input: HeapType
    /// The input of a request without a body.
    let noInput: PyPointer
    let fileWrapper: PyPointer
    let files: WSGIFiles
    let close: PyPointer
    let startResponseDefinition: UnsafeMutablePointer<PyMethodDef>

    private init() throws(PythonRaised) {
        request = try WSGIRequest.makeType()
        input = try WSGIInputObject.makeType()
        noInput = try input.make(WSGIInputObject(nil)).release()
        fileWrapper = try WSGIFileWrapper.make().release()
        files = try WSGIFiles()
        close = try PythonReference(PyUnicode_InternFromString("close")).release()
        startResponseDefinition = WSGIRequest.startResponseTable()
    }

    nonisolated(unsafe) private static var made: WSGITypes?

    static func get() throws(PythonRaised) -> WSGITypes {
        if let made { return made }
        let types = try WSGITypes()
        made = types
        return types
    }
}
