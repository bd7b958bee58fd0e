import CPython

/// A context variable (PEP 567) that says something of the request that Python's code runs for, wherever its context goes: tasks, threads that
/// are given a copy.
///
/// `@unchecked Sendable`: immutable, and touched by threads that hold the GIL only.
struct RequestVariable: @unchecked Sendable {
    let object: PyPointer
    private let setter: PyPointer

    init(_ name: String) throws(PythonRaised) {
        let module = try PythonReference(PyImport_ImportModule("contextvars"))
        let type = try PythonReference(PyObject_GetAttrString(module.pointer, "ContextVar"))
        let name = try PythonText.object(name)
        object = try PythonReference(cpython_call1(type.pointer, name.pointer)).release()
        setter = try PythonReference(PyObject_GetAttrString(object, "set")).release()
    }

    /// Sets it in the thread's context.
    func set(_ value: borrowing PythonReference) throws(PythonRaised) {
        _ = try PythonReference(cpython_call1(setter, value.pointer))
    }
}
