import CLinux
import CPython
import Synchronization

/// Signals, such as SIGINT and SIGTERM, as bytes in a descriptor that an event loop watches, whatever handlers Python or an application has installed.
enum HostSignals {
    private struct State {
        var descriptor: Int32?
        var previous: [(signal: Int32, action: sigaction)] = []
    }

    private static let state = Mutex(State())

    /// `_roost.install_signals(descriptor, signals)`: also again, after an application has installed handlers of its own.
    static func install(_ arguments: PyPointer) -> PyPointer? {
        returningNone { () throws(PythonRaised) in
            guard PyTuple_Size(arguments) == 2, let first = PyTuple_GetItem(arguments, 0), let second = PyTuple_GetItem(arguments, 1) else {
                throw raise(cpython_objects().pointee.type_error, "install_signals() takes a descriptor and a tuple of signals")
            }
            let descriptor = try number(first)
            let tuple = try PythonReference(PySequence_Tuple(second))
            var signals: [Int32] = []
            for index in 0..<PyTuple_Size(tuple.pointer) {
                if let item = PyTuple_GetItem(tuple.pointer, index) { signals.append(try number(item)) }
            }
            let isInstalled = state.withLock { state in
                if state.descriptor != descriptor {
                    if let old = state.descriptor {
                        for (signal, _) in state.previous { clinux_signal_remove_watcher(signal, old) }
                    }
                    for signal in signals {
                        guard clinux_signal_add_watcher(signal, descriptor) == 0 else { return false }
                    }
                    state.descriptor = descriptor
                }
                let isFirst = state.previous.isEmpty
                for signal in signals {
                    var previous = sigaction()
                    guard clinux_signal_install(signal, &previous) == 0 else { return false }
                    if isFirst { state.previous.append((signal, previous)) }
                }
                return true
            }
            guard isInstalled else { throw raise(cpython_objects().pointee.os_error, "the handlers of signals can't be installed") }
        }
    }

    private static func number(_ object: PyPointer) throws(PythonRaised) -> Int32 {
        let number = PyLong_AsLong(object)
        if number == -1, PyErr_Occurred() != nil { throw PythonRaised() }
        guard let number = Int32(exactly: number) else { throw raise(cpython_objects().pointee.value_error, "a small number is expected") }
        return number
    }

    /// `_roost.remove_signals()`: what was there before is put back.
    static func remove() -> PyPointer? {
        state.withLock { state in
            for (signal, action) in state.previous {
                var action = action
                clinux_signal_restore(signal, &action)
            }
            if let descriptor = state.descriptor {
                for (signal, _) in state.previous { clinux_signal_remove_watcher(signal, descriptor) }
            }
            state.previous = []
            state.descriptor = nil
        }
        return returning(Py_None())
    }
}
