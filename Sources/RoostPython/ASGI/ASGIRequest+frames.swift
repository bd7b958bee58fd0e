import CPython
import Roost

/// What a request tells those who ask a coroutine where it waits: `Task.get_stack()`, trio's `iter_await_frames()`, debuggers, and the dump.
///
/// It has no frame of its own, and shows the application's in its place.
extension ASGIRequest {
    static let frameGetters: [HeapType.GetterDefinition] = [
        .init(name: "cr_frame") { instance, _ in ASGIRequest.shown(instance, "cr_frame", orOfGenerator: "gi_frame") },
        .init(name: "cr_await") { instance, _ in ASGIRequest.shown(instance, "cr_await", orOfGenerator: "gi_yieldfrom") },
        .init(name: "request_id") { instance, _ in
            guard let request = HeapType.content(instance, as: ASGIRequest.self) else { return returning(Py_None()) }
            do throws(PythonRaised) { return try PythonText.object(request.exchange.requestID).release() } catch { return nil }
        },
    ]

    /// What the application's coroutine says, or its generator; None if it is neither, or is not there.
    private static func shown(_ instance: PyPointer?, _ name: StaticString, orOfGenerator other: StaticString) -> PyPointer? {
        guard let coroutine = HeapType.content(instance, as: ASGIRequest.self)?.coroutine else { return returning(Py_None()) }
        for name in [name, other] {
            if let found = PyObject_GetAttrString(coroutine, name.cString) { return found }
            PyErr_Clear()
        }
        return returning(Py_None())
    }
}
