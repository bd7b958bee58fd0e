import CPython

/// A context variable (PEP 567) that says which request Python's code runs for, wherever its context goes: tasks, threads that are given a copy.
///
/// `@unchecked Sendable`: immutable, and touched by threads that hold the GIL only.
struct RequestIDVariable: @unchecked Sendable {
    let object: PyPointer
    private let setter: PyPointer

    init() throws(PythonRaised) {
        let module = try PythonReference(PyImport_ImportModule("contextvars"))
        let type = try PythonReference(PyObject_GetAttrString(module.pointer, "ContextVar"))
        let name = try PythonText.object("roost.request_id")
        object = try PythonReference(cpython_call1(type.pointer, name.pointer)).release()
        setter = try PythonReference(PyObject_GetAttrString(object, "set")).release()
    }

    /// Sets it in the thread's context.
    func set(_ id: borrowing PythonReference) throws(PythonRaised) {
        _ = try PythonReference(cpython_call1(setter, id.pointer))
    }
}
