import CPython
import Roost

/// A dictionary to be copied for each request of one origin, with what is the same for all of these already in it.
///
/// Made when an origin comes a second time in a row: connections by TCP each have their own, and take turns.
///
/// For threads that hold the GIL. To make a dictionary may start the garbage collector, which runs code of the application's, and then other threads.
final class OriginTemplate {
    private var origin: AnyObject?
    private var dictionary: PyPointer?

    deinit {
        // On whatever thread this is.
        guard dictionary != nil else { return }
        InterpreterLock().held { Py_DecRef(dictionary) }
    }

    /// A copy for a request of the origin that there is one for; nil for another, for which `make` is to be called.
    @inline(__always)
    func copy(for exchange: Exchange) throws(PythonRaised) -> PythonReference? {
        guard let dictionary, exchange.isOf(origin.map(ObjectIdentifier.init)) else { return nil }
        // Held, for another thread may replace it meanwhile.
        let held = PythonReference(sharing: dictionary)
        return try PythonReference(PyDict_Copy(held.pointer))
    }

    /// Makes a dictionary for a request, and keeps a copy of it if that is worthwhile.
    ///
    /// - Parameters:
    ///   - base: what it is a copy of.
    ///   - fill: puts in what is the same for all requests of the origin.
    @inline(never)
    func make(for exchange: Exchange, of base: PyPointer, fill: (PyPointer) throws(PythonRaised) -> Void) throws(PythonRaised) -> PythonReference {
        let made = try PythonReference(PyDict_Copy(base))
        try fill(made.pointer)
        guard let origin = exchange.constantOrigin else { return made }
        guard origin === self.origin else {
            let before = dictionary
            self.origin = origin
            dictionary = nil
            Py_DecRef(before)
            return made
        }
        let copy = try PythonReference(PyDict_Copy(made.pointer))
        // It may have become another origin's turn.
        if origin === self.origin, dictionary == nil { dictionary = copy.release() }
        return made
    }
}
