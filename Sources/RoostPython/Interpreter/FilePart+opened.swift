import CPython
import Roost

extension FilePart {
    /// Opens the file that an application has named. ASGI wants an absolute path, but frameworks pass on whatever they were given.
    ///
    /// - Throws: `PythonRaised` with an `OSError` that tells why the file cannot be sent, by its number and its class, or with a `TypeError`.
    static func opened(_ path: PyPointer) throws(PythonRaised) -> FilePart {
        let objects = cpython_objects().pointee
        guard let type = objects.unicode_type, let failure = objects.os_error, cpython_is_instance(path, type) != 0 else {
            throw raise(objects.type_error, "the path of a file is a str")
        }
        // Names that are no text are texts of Python's own kind.
        let encoded = try PythonReference(PyUnicode_EncodeFSDefault(path))
        switch try withBytes(of: encoded.pointer, { bytes in Result { () throws(Refusal) in try FilePart(opening: bytes) } }) {
        case .success(let file):
            return file
        case .failure(let refusal):
            let code = try PythonReference(PyLong_FromLong(Int(refusal.code)))
            let reason = try PythonText.object(refusal.reason)
            let exception = try PythonReference(cpython_call3(failure, code.pointer, reason.pointer, path))
            // One of its subclasses.
            PyErr_SetObject(exception.pointer.pointee.type?.assumingMemoryBound(to: PyObject.self) ?? failure, exception.pointer)
            throw PythonRaised()
        }
    }
}
