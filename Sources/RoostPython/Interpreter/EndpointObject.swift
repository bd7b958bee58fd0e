import CPython
import Roost

/// An end of a connection as ASGI has it: host and port as a tuple, or None. The one that came before is kept, for most often it comes again.
///
/// For the thread that holds the GIL.
final class EndpointObject {
    private var known: (endpoint: Endpoint, tuple: PyPointer)?

    deinit {
        Py_DecRef(known?.tuple)
    }

    func object(_ endpoint: Endpoint) throws(PythonRaised) -> PythonReference {
        if let known, known.endpoint == endpoint { return PythonReference(sharing: known.tuple) }
        let pair = try PythonReference(PyTuple_New(2))
        let port = try endpoint.port.map { port throws(PythonRaised) in try PythonReference(PyLong_FromLong(port)).release() } ?? returning(Py_None())
        guard PyTuple_SetItem(pair.pointer, 1, port) == 0,
            PyTuple_SetItem(pair.pointer, 0, try PythonText.object(endpoint.host).release()) == 0
        else { throw PythonRaised() }
        let before = known
        known = (endpoint, returning(pair.pointer))
        Py_DecRef(before?.tuple)
        return pair
    }
}
