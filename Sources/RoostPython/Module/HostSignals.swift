import CLinux
import CPython
import Synchronization

/// SIGINT and SIGTERM as bytes in a descriptor that an event loop watches, whatever handlers Python or an application has installed.
enum HostSignals {
    private struct State {
        var descriptor: Int32?
        var previous: [(signal: Int32, action: sigaction)] = []
    }

    private static let signals: [Int32] = [SIGINT, SIGTERM]
    private static let state = Mutex(State())

    /// `_roost.install_signals(descriptor)`: also again, after an application has installed handlers of its own.
    static func install(_ descriptor: PyPointer) -> PyPointer? {
        returningNone { () throws(PythonRaised) in
            let number = PyLong_AsLong(descriptor)
            if number == -1, PyErr_Occurred() != nil { throw PythonRaised() }
            guard let descriptor = Int32(exactly: number) else { throw raise(cpython_objects().pointee.value_error, "a descriptor is expected") }
            let isInstalled = state.withLock { state in
                if state.descriptor != descriptor {
                    for signal in signals {
                        if let old = state.descriptor { clinux_signal_remove_watcher(signal, old) }
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
            guard isInstalled else { throw raise(cpython_objects().pointee.os_error, "the handlers of SIGINT and SIGTERM can't be installed") }
        }
    }

    /// `_roost.remove_signals()`: what was there before is put back.
    static func remove() -> PyPointer? {
        state.withLock { state in
            for (signal, action) in state.previous {
                var action = action
                clinux_signal_restore(signal, &action)
            }
            state.previous = []
            if let descriptor = state.descriptor {
                for signal in signals { clinux_signal_remove_watcher(signal, descriptor) }
            }
            state.descriptor = nil
        }
        return returning(Py_None())
    }
}
