import CPython
import Roost

/// Finds the files among what applications give to `wsgi.file_wrapper` that can be sent without being read
/// (PEP 3333, "Optional Platform-Specific File Handling").
///
/// `@unchecked Sendable`: immutable, and touched by threads that hold the GIL only.
struct WSGIFiles: @unchecked Sendable {
    /// Classes of `io` whose objects give what is on the disk, and nothing else. One that is derived from them may read as it likes.
    private let unbuffered, reader, random: PyPointer
    private let fileLike, raw, flush, tell: PyPointer

    init() throws(PythonRaised) {
        let module = try PythonReference(PyImport_ImportModule("io"))
        unbuffered = try PythonReference(PyObject_GetAttrString(module.pointer, "FileIO")).release()
        reader = try PythonReference(PyObject_GetAttrString(module.pointer, "BufferedReader")).release()
        random = try PythonReference(PyObject_GetAttrString(module.pointer, "BufferedRandom")).release()
        fileLike = try PythonReference(PyUnicode_InternFromString("filelike")).release()
        raw = try PythonReference(PyUnicode_InternFromString("raw")).release()
        flush = try PythonReference(PyUnicode_InternFromString("flush")).release()
        tell = try PythonReference(PyUnicode_InternFromString("tell")).release()
    }

    /// What iterating a wrapper would give, from where its file stands to the file's end; nil if it must be iterated.
    func file(in wrapper: PyPointer) -> FilePart? {
        do throws(PythonRaised) {
            return try find(in: wrapper)
        } catch {
            // A closed file, say: whoever reads it is told.
            PyErr_Clear()
            return nil
        }
    }

    private func find(in wrapper: PyPointer) throws(PythonRaised) -> FilePart? {
        let file = try PythonReference(PyObject_GetAttr(wrapper, fileLike))
        let descriptor: Int32
        if cpython_is_exactly(file.pointer, unbuffered) != 0 {
            descriptor = PyObject_AsFileDescriptor(file.pointer)
        } else if cpython_is_exactly(file.pointer, reader) != 0 || cpython_is_exactly(file.pointer, random) != 0 {
            let unbuffered = try PythonReference(PyObject_GetAttr(file.pointer, raw))
            guard cpython_is_exactly(unbuffered.pointer, self.unbuffered) != 0 else { return nil }
            // What was written to it belongs to it.
            if cpython_is_exactly(file.pointer, random) != 0 { _ = try call(flush, of: file.pointer) }
            descriptor = PyObject_AsFileDescriptor(unbuffered.pointer)
        } else {
            return nil
        }
        guard descriptor >= 0 else { throw PythonRaised() }
        // The buffer's position, not the descriptor's, which is ahead of it.
        let position = try call(tell, of: file.pointer)
        let offset = PyLong_AsLong(position.pointer)
        guard offset >= 0 else { throw PythonRaised() }
        return try? FilePart(sharing: descriptor, from: offset)
    }

    private func call(_ name: PyPointer, of file: PyPointer) throws(PythonRaised) -> PythonReference {
        let method = try PythonReference(PyObject_GetAttr(file, name))
        return try PythonReference(cpython_call0(method.pointer))
    }
}
