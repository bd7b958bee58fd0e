import CPython

/// What the module has made for itself; once, and kept for the life of the process.
///
/// `@unchecked Sendable`: immutable, and touched by threads that hold the GIL only.
struct ModuleState: @unchecked Sendable {
    let interned: Interned
    let asgi: ASGITypes
    let server: HeapType
    let host: HeapType
    let config: HeapType
    /// `_roost.BindError`, an OSError.
    let bindError: PyPointer
    /// `_roost.ClientDisconnected`, an OSError.
    let clientDisconnected: PyPointer

    init() throws(PythonRaised) {
        interned = try Interned()
        asgi = try ASGITypes()
        server = try ServerObject.makeType()
        host = try HostObject.makeType()
        config = try ConfigObject.makeType()
        bindError = try Self.error("_roost.BindError")
        clientDisconnected = try Self.error("_roost.ClientDisconnected")
    }

    private static func error(_ name: StaticString) throws(PythonRaised) -> PyPointer {
        try PythonReference(PyErr_NewException(name.cString, cpython_objects().pointee.os_error, nil)).release()
    }

    /// Set when the module is imported, before any of its functions can be called.
    nonisolated(unsafe) static var current: ModuleState?

    /// The state; raises if the module is not imported, which no caller can bring about.
    static func get() throws(PythonRaised) -> ModuleState {
        guard let current else { throw raise(cpython_objects().pointee.runtime_error, "_roost is not initialised") }
        return current
    }
}
