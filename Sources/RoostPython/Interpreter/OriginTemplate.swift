import CPython

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

    /// A copy for a request of `origin`; nil if there is none, and the caller has to fill one itself.
    ///
    /// - Parameters:
    ///   - base: what the template is a copy of.
    ///   - fill: puts in what is the same for all requests of the origin.
    @inline(__always)
    func copy(for origin: AnyObject?, of base: PyPointer, fill: (PyPointer) throws(PythonRaised) -> Void) throws(PythonRaised) -> PythonReference? {
        guard let origin else { return nil }
        if origin === self.origin, let dictionary {
            // Held, for another thread may replace it meanwhile.
            let held = PythonReference(sharing: dictionary)
            return try PythonReference(PyDict_Copy(held.pointer))
        }
        return try change(to: origin, of: base, fill: fill)
    }

    @inline(never)
    private func change(to origin: AnyObject, of base: PyPointer, fill: (PyPointer) throws(PythonRaised) -> Void) throws(PythonRaised) -> PythonReference? {
        guard origin === self.origin else {
            let before = dictionary
            self.origin = origin
            dictionary = nil
            Py_DecRef(before)
            return nil
        }
        let made = try PythonReference(PyDict_Copy(base))
        try fill(made.pointer)
        // It may have become another origin's turn.
        if origin === self.origin, dictionary == nil { dictionary = returning(made.pointer) }
        return try PythonReference(PyDict_Copy(made.pointer))
    }
}
