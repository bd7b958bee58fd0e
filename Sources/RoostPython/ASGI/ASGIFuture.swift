import CPython

/// A future of the application's event loop that somebody waits for.
final class ASGIFuture {
    private let future: PyPointer

    init(_ future: PyPointer) {
        self.future = returning(future)
    }

    deinit {
        Py_DecRef(future)
    }

    /// Whether it has a result, or nobody waits any more.
    var isDone: Bool {
        guard let method = PyObject_GetAttrString(future, "done") else { return failed() }
        defer { Py_DecRef(method) }
        guard let result = cpython_call0(method) else { return failed() }
        defer { Py_DecRef(result) }
        return result == Py_True()
    }

    /// Gives it a result, unless it is done.
    func resolve(_ make: () throws(PythonRaised) -> PythonReference) {
        guard !isDone else { return }
        do throws(PythonRaised) {
            let result = try make()
            let method = try PythonReference(PyObject_GetAttrString(future, "set_result"))
            _ = try PythonReference(cpython_call1(method.pointer, result.pointer))
        } catch {
            PyErr_WriteUnraisable(future)
        }
    }

    private func failed() -> Bool {
        PyErr_WriteUnraisable(future)
        return true
    }
}
