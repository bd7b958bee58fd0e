import CPython

/// What `send` and `receive` return when there is nothing to wait for: an awaitable that is done, in the shape of a coroutine, so that
/// `create_task(receive())` works as well.
final class Immediate {
    /// What awaiting gives.
    fileprivate let value: PyPointer

    /// Takes over the reference.
    init(_ value: consuming PythonReference) {
        self.value = value.release()
    }

    deinit {
        Py_DecRef(value)
    }

    /// Whatever is sent into it, it returns at once.
    private static let amSend: HeapType.Send = { instance, _, result in
        HeapType.with(instance, Immediate.self) { immediate -> Int32? in
            result?.pointee = returning(immediate.value)
            return PYGEN_RETURN
        } ?? PYGEN_ERROR
    }
    private static let next: HeapType.Unary = { instance in
        guard let immediate = HeapType.content(instance, as: Immediate.self) else { return nil }
        raiseStopIteration(immediate.value)
        return nil
    }
    private static let send: HeapType.Method = { instance, _ in next(instance) }
    private static let close: HeapType.Method = { _, _ in returning(Py_None()) }
    private static let raiseIn: HeapType.Method = { _, arguments in
        raiseAgain(arguments)
        return nil
    }

    static func makeType() throws(PythonRaised) -> HeapType {
        try .coroutine("_roost.Immediate", doc: "An awaitable that is done.", next: next, send: send, sendSlot: amSend, raise: raiseIn, close: close)
    }
}

/// Ends a coroutine with a result.
func raiseStopIteration(_ value: PyPointer) {
    guard let stop = cpython_objects().pointee.stop_iteration else { return }
    if value == Py_None() { return PyErr_SetNone(stop) }
    // A tuple would be taken for the arguments of the exception.
    guard let exception = cpython_call1(stop, value) else { return }
    PyErr_SetObject(stop, exception)
    Py_DecRef(exception)
}

/// Raises what a coroutine's `throw` was given: an exception, or its class and perhaps the exception.
func raiseAgain(_ arguments: PyPointer?) {
    guard let arguments, PyTuple_Size(arguments) > 0, let first = PyTuple_GetItem(arguments, 0), let base = cpython_objects().pointee.base_exception else {
        return
    }
    if cpython_is_instance(first, base) != 0, let type = first.pointee.type {
        PyErr_SetObject(type.assumingMemoryBound(to: PyObject.self), first)
    } else if PyTuple_Size(arguments) > 1, let exception = PyTuple_GetItem(arguments, 1), exception != Py_None() {
        PyErr_SetObject(first, exception)
    } else {
        PyErr_SetNone(first)
    }
}
