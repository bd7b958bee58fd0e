import CPython

typealias PyPointer = UnsafeMutablePointer<PyObject>

/// A reference to an object of Python's that is given back when this value ends. For threads that hold the GIL.
///
/// Its pointer must be used while the value is held in a variable or parameter: one that is only made to be asked for it is gone at once.
struct PythonReference: ~Copyable {
    /// Valid as long as this value.
    let pointer: PyPointer

    /// Takes over a reference that the caller has ("new reference" in CPython's manual).
    init(owning pointer: PyPointer) {
        self.pointer = pointer
    }

    /// Takes over the result of a call; throws what the call has raised if there is none.
    init(_ result: PyPointer?) throws(PythonRaised) {
        guard let result else { throw PythonRaised() }
        pointer = result
    }

    /// Makes a further reference to an object that somebody else has.
    init(sharing pointer: PyPointer) {
        Py_IncRef(pointer)
        self.pointer = pointer
    }

    deinit {
        Py_DecRef(pointer)
    }

    /// Gives the reference to whoever takes the pointer.
    consuming func release() -> PyPointer {
        let pointer = pointer
        discard self
        return pointer
    }
}

/// An exception of Python's is set in the calling thread.
struct PythonRaised: Error {}

/// A further reference to an object, as a function returns it to Python.
func returning(_ pointer: PyPointer) -> PyPointer {
    Py_IncRef(pointer)
    return pointer
}

/// Raises an exception in the calling thread.
func raise(_ type: PyPointer?, _ message: String) -> PythonRaised {
    if let type { PyErr_SetString(type, message) }
    return PythonRaised()
}
