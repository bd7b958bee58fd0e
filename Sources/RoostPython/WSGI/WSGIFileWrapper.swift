import CPython

/// `wsgi.file_wrapper`: a class whose instances give a file in blocks, and close it. `WSGIFiles` spares most files the blocks.
enum WSGIFileWrapper {
    private static let source: StaticString = """
        class FileWrapper:
            __slots__ = ("filelike", "blksize", "close")

            def __init__(self, filelike, blksize=65536):
                self.filelike = filelike
                self.blksize = blksize
                if hasattr(filelike, "close"):
                    self.close = filelike.close

            def __iter__(self):
                return self

            def __next__(self):
                block = self.filelike.read(self.blksize)
                if block:
                    return block
                raise StopIteration

        """

    static func make() throws(PythonRaised) -> PythonReference {
        // 257: Py_file_input
        let code = try PythonReference(Py_CompileString(source.cString, ("roost" as StaticString).cString, 257))
        let names = try PythonReference(PyDict_New())
        guard let builtins = PyEval_GetBuiltins() else { throw PythonRaised() }
        for (key, value) in [("__builtins__", builtins)] {
            let key = try PythonText.object(key)
            try share(value, at: key.pointer, of: names.pointer)
        }
        let name = try PythonText.object("__name__")
        try set(PythonText.object("roost"), at: name.pointer, of: names.pointer)
        _ = try PythonReference(PyEval_EvalCode(code.pointer, names.pointer, names.pointer))
        let key = try PythonText.object("FileWrapper")
        guard let type = PyDict_GetItemWithError(names.pointer, key.pointer) else { throw PythonRaised() }
        return PythonReference(sharing: type)
    }
}
