import CPython
import Roost

/// `wsgi.errors`, as Python calls it.
extension WSGIRequest {
    static func makeType() throws(PythonRaised) -> HeapType {
        try HeapType(
            "_roost.ErrorStream", doc: "Lines for the log, one entry each; called, it writes a piece of the response's body.", slots: [writeSlot],
            methods: [
                .init(name: "write", flags: METH_O) { instance, text in
                    WSGIRequest.perform(instance, text) { request, text throws(PythonRaised) in try request.log(text) }
                },
                .init(name: "writelines", flags: METH_O) { instance, lines in
                    WSGIRequest.perform(instance, lines) { request, lines throws(PythonRaised) in try request.logAll(lines) }
                },
                .init(name: "flush", flags: METH_NOARGS) { instance, _ in
                    HeapType.content(instance, as: WSGIRequest.self)?.flushErrors()
                    return returning(Py_None())
                },
            ])
    }

    private static func perform(
        _ instance: PyPointer?, _ argument: PyPointer?, _ body: (WSGIRequest, PyPointer) throws(PythonRaised) -> Void
    ) -> PyPointer? {
        guard let request = HeapType.content(instance, as: WSGIRequest.self), let argument else { return nil }
        return returningNone { () throws(PythonRaised) in try body(request, argument) }
    }

    private func log(_ text: PyPointer) throws(PythonRaised) {
        guard let type = cpython_objects().pointee.unicode_type, cpython_is_instance(text, type) != 0 else {
            throw raise(cpython_objects().pointee.type_error, "wsgi.errors takes str, and not \(PythonText.typeName(of: text) ?? "?")")
        }
        hasErrors = true
        if let string = PythonText.string(text) { return errors.write(string) }
        // Names of files may have bytes in them that are no text.
        let escaped = try PythonReference(PyUnicode_AsEncodedString(text, "utf-8", "backslashreplace"))
        try withBytes(of: escaped.pointer) { errors.write(String(decoding: $0, as: UTF8.self)) }
    }

    private func logAll(_ lines: PyPointer) throws(PythonRaised) {
        let iterator = try PythonReference(PyObject_GetIter(lines))
        while let next = PyIter_Next(iterator.pointer) {
            let line = PythonReference(owning: next)
            try log(line.pointer)
        }
        if PyErr_Occurred() != nil { throw PythonRaised() }
    }
}
