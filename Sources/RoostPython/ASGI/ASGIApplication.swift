import CPython
import Roost

/// An ASGI application in Python, with what its event loop gives: tasks and futures.
///
/// `@unchecked Sendable`: used by the one thread that drives the server, which holds the GIL then.
final class ASGIApplication: ApplicationRunner, @unchecked Sendable {
    let interned: Interned
    /// The application: `application(scope, receive, send)` returns a coroutine.
    let callable: PyPointer
    /// Starts a coroutine as a task.
    private var spawn: PyPointer
    /// What it is called with besides; nil for a runtime whose tasks have no names.
    private var spawnKeywords: PyPointer?
    /// Has tasks begin at once that would not of themselves; nil where they do, or must not.
    private var eagerTasks: EagerTasks?
    /// Makes a future.
    let future: PyPointer
    /// Waits for a future, in a coroutine.
    let wait: PyPointer
    /// An awaitable that is done and gives None.
    let ready: PyPointer
    let scope: ASGIScope
    let messages: ASGIMessages
    /// What `send` raises if the client is gone.
    let clientDisconnected: PyPointer
    /// What the application has put into its lifespan's state; nil if it has no lifespan.
    private(set) var state: PyPointer?
    let receiveDefinition: UnsafeMutablePointer<PyMethodDef>
    let sendDefinition: UnsafeMutablePointer<PyMethodDef>

    private let runtime: PyPointer
    private let types: ASGITypes
    /// How deep the thread is in Python's code: a request that comes in there waits for the end of the round, so that no application is called
    /// from within another's `send`.
    private var depth = 0

    init(_ module: ModuleState, callable: PyPointer, runtime: PyPointer) throws(PythonRaised) {
        interned = module.interned
        types = module.asgi
        scope = try ASGIScope(module.interned)
        messages = ASGIMessages(module.interned)
        self.runtime = returning(runtime)
        spawn = try PythonReference(PyObject_GetAttrString(runtime, "spawn")).release()
        future = try PythonReference(PyObject_GetAttrString(runtime, "future")).release()
        wait = returning(types.wait)
        ready = returning(types.ready)
        clientDisconnected = returning(module.clientDisconnected)
        receiveDefinition = types.receiveDefinition
        sendDefinition = types.sendDefinition
        self.callable = returning(callable)
    }

    deinit {
        for pointer in [callable, runtime, spawn, future, wait, ready, clientDisconnected] { Py_DecRef(pointer) }
        Py_DecRef(state)
        Py_DecRef(spawnKeywords)
    }

    /// Asks the runtime again how tasks are started: the application may have set a task factory during its startup.
    func refreshSpawn() throws(PythonRaised) {
        let now = try PythonReference(PyObject_GetAttrString(runtime, "spawn")).release()
        Py_DecRef(spawn)
        spawn = now
        let keywords = try PythonReference(PyObject_GetAttrString(runtime, "spawn_keywords"))
        Py_DecRef(spawnKeywords)
        // A copy, for each task's name is put into it.
        spawnKeywords = keywords.pointer == Py_None() ? nil : try PythonReference(PyDict_Copy(keywords.pointer)).release()
        let parts = try PythonReference(PyObject_GetAttrString(runtime, "hastening"))
        eagerTasks = try EagerTasks(parts.pointer, types)
    }

    /// Gives a request to a task of its own, which is called like it if the runtime lets tasks be named.
    func startTask(_ request: PyPointer, _ id: borrowing PythonReference) throws(PythonRaised) -> PythonReference {
        guard let spawnKeywords else { return try PythonReference(cpython_call1(spawn, request)) }
        try share(id.pointer, at: interned.name, of: spawnKeywords)
        let arguments = try PythonReference(PyTuple_New(1))
        guard PyTuple_SetItem(arguments.pointer, 0, returning(request)) == 0 else { throw PythonRaised() }
        if let eagerTasks, let task = try eagerTasks.start(spawn, arguments.pointer, spawnKeywords) { return task }
        return try PythonReference(PyObject_Call(spawn, arguments.pointer, spawnKeywords))
    }

    func set(state: PyPointer) {
        Py_DecRef(self.state)
        self.state = returning(state)
    }

    var servesWebSockets: Bool { true }

    func run(_ exchange: Exchange) {
        guard depth == 0 else { return exchange.inNextRound { [self] in start(exchange) } }
        start(exchange)
    }

    private func start(_ exchange: Exchange) {
        depth += 1
        defer { depth -= 1 }
        let request = ASGIRequest(exchange, self)
        do throws(PythonRaised) {
            let object = try types.request.make(request)
            request.start(object.pointer)
        } catch {
            exchange.end(PythonFailure.taken())
        }
    }

    /// What was raised in a round and is not for the application's log, as SystemExit is.
    private var raised: (type: PyPointer?, value: PyPointer?, traceback: PyPointer?)?

    /// Takes over the references.
    func keepRaised(_ type: PyPointer?, _ value: PyPointer?, _ traceback: PyPointer?) {
        guard raised == nil else { return [type, value, traceback].forEach { Py_DecRef($0) } }
        raised = (type, value, traceback)
    }

    /// Raises what was kept, at the end of a round.
    func raiseKept() throws(PythonRaised) {
        guard let raised else { return }
        self.raised = nil
        PyErr_Restore(raised.type, raised.value, raised.traceback)
        throw PythonRaised()
    }

    /// Writes what was sent while the server was not being driven. On the loop.
    func settle(_ exchange: Exchange) {
        guard depth == 0 else { return }
        depth += 1
        exchange.settle()
        depth -= 1
    }

    /// An awaitable that is done and gives `value`.
    func immediate(_ value: consuming PythonReference) throws(PythonRaised) -> PythonReference {
        try types.immediate.make(Immediate(value))
    }
}

/// The types and objects that all ASGI applications of the process share. Made once, and kept.
///
/// `@unchecked Sendable`: immutable, and touched by threads that hold the GIL only.
struct ASGITypes: @unchecked Sendable {
    let request: HeapType
    let immediate: HeapType
    let ready: PyPointer
    let wait: PyPointer
    let callSoonHook: HeapType
    let receiveDefinition: UnsafeMutablePointer<PyMethodDef>
    let sendDefinition: UnsafeMutablePointer<PyMethodDef>
    let callSoonDefinition: UnsafeMutablePointer<PyMethodDef>

    init() throws(PythonRaised) {
        request = try ASGIRequest.makeType()
        immediate = try Immediate.makeType()
        ready = try immediate.make(Immediate(PythonReference(sharing: Py_None()))).release()
        wait = try Self.waitFunction().release()
        receiveDefinition = ASGIRequest.receiveTable()
        sendDefinition = ASGIRequest.sendTable()
        callSoonHook = try CallSoonHook.makeType()
        callSoonDefinition = CallSoonHook.table()
    }

    /// A coroutine function cannot be made in C.
    private static func waitFunction() throws(PythonRaised) -> PythonReference {
        let source: StaticString = "async def wait(future):\n    return await future\n"
        // 257: Py_file_input
        let code = try PythonReference(Py_CompileString(source.cString, ("roost" as StaticString).cString, 257))
        let names = try PythonReference(PyDict_New())
        guard let builtins = PyEval_GetBuiltins() else { throw PythonRaised() }
        let builtinsKey = try PythonText.object("__builtins__")
        guard PyDict_SetItem(names.pointer, builtinsKey.pointer, builtins) == 0 else { throw PythonRaised() }
        _ = try PythonReference(PyEval_EvalCode(code.pointer, names.pointer, names.pointer))
        let key = try PythonText.object("wait")
        guard let function = PyDict_GetItemWithError(names.pointer, key.pointer) else { throw PythonRaised() }
        return PythonReference(sharing: function)
    }
}
