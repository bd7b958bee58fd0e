import CPython

/// What CPython calls to import `_roost`.
@_cdecl("PyInit__roost")
public func PyInit__roost() -> UnsafeMutableRawPointer? {
    if let missing = cpython_load() {
        if cpython_can_raise() != 0, let error = cpython_objects().pointee.runtime_error {
            PyErr_SetString(
                error, "roost: this Python has no \(String(cString: missing)): CPython 3.9 or later is needed, and not a free-threaded build")
        }
        return nil
    }
    do throws(PythonRaised) {
        if ModuleState.current == nil { ModuleState.current = try ModuleState() }
        let state = try ModuleState.get()
        return UnsafeMutableRawPointer(try makeModule(state).release())
    } catch {
        return nil
    }
}

private func makeModule(_ state: ModuleState) throws(PythonRaised) -> PythonReference {
    // The interpreter keeps a pointer to the definition for ever.
    let definition = UnsafeMutablePointer<PyModuleDef>.allocate(capacity: 1)
    definition.initialize(to: PyModuleDef())
    definition.pointee.head.reference_count = 1
    definition.pointee.name = ("_roost" as StaticString).cString
    definition.pointee.doc = ("Roost's core, driven by an event loop of Python's." as StaticString).cString
    definition.pointee.size = -1
    definition.pointee.methods = HeapType.table([
        .init(name: "Host", flags: METH_O) { _, arguments in arguments.flatMap(HostObject.make) },
        .init(name: "config", flags: METH_O) { _, values in values.flatMap(ConfigObject.make) },
        .init(name: "Server", flags: METH_VARARGS) { _, arguments in arguments.flatMap(ServerObject.make) },
        .init(name: "install_signals", flags: METH_VARARGS) { _, arguments in arguments.flatMap(HostSignals.install) },
        .init(name: "remove_signals", flags: METH_NOARGS) { _, _ in HostSignals.remove() },
    ])
    let module = try PythonReference(PyModule_Create2(definition, CPython_ABI_VERSION))
    let version = try PythonText.object(HostObject.version)
    guard PyObject_SetAttrString(module.pointer, "version", version.pointer) == 0,
        PyObject_SetAttrString(module.pointer, "BindError", state.bindError) == 0,
        PyObject_SetAttrString(module.pointer, "ClientDisconnected", state.clientDisconnected) == 0,
        PyObject_SetAttrString(module.pointer, "request_id", state.interned.requestID.object) == 0,
        PyObject_SetAttrString(module.pointer, "trace_id", state.interned.traceID.variable.object) == 0
    else { throw PythonRaised() }
    return module
}
