import CPython
import Glibc
import Roost
import RoostHost

/// `_roost.Server`: a server that an event loop of Python's drives.
final class ServerObject {
    private let settings: WorkerSettings
    private let driven: any ServerDriver
    private let asgi: ASGIApplication?
    private(set) var binds: [BoundAddress] = []

    var counts: ServerStatus { driven.counts }

    private init(_ settings: WorkerSettings, _ driven: any ServerDriver, _ asgi: ASGIApplication?) {
        self.settings = settings
        self.driven = driven
        self.asgi = asgi
    }

    static func makeType() throws(PythonRaised) -> HeapType {
        try HeapType(
            "_roost.Server", doc: "A server that an event loop drives.",
            methods: [
                .init(name: "fileno", flags: METH_NOARGS) { instance, _ in ServerObject.number(instance) { Int($0.driven.descriptor) } },
                .init(name: "drain", flags: METH_NOARGS) { instance, _ in
                    ServerObject.perform(instance) { server throws(PythonRaised) in
                        server.driven.drain(waiting: nil)
                        try server.asgi?.raiseKept()
                    }
                },
                .init(name: "drain_patiently", flags: METH_NOARGS) { instance, _ in
                    ServerObject.perform(instance) { $0.driven.drain(waiting: InterpreterLock().released) }
                },
                .init(name: "listen", flags: METH_NOARGS) { instance, _ in HeapType.content(instance, as: ServerObject.self)?.listen() },
                .init(name: "set_state", flags: METH_O) { instance, state in
                    ServerObject.perform(instance) { server throws(PythonRaised) in try server.set(state: state) }
                },
                .init(name: "stop_listening", flags: METH_NOARGS) { instance, _ in ServerObject.perform(instance) { $0.driven.stopListening() } },
                .init(name: "drain_connections", flags: METH_O) { instance, callback in
                    ServerObject.perform(instance) { server in callback.map { server.driven.drainConnections(onIdle: ServerObject.calling($0)) } }
                },
                .init(name: "cut_off", flags: METH_O) { instance, callback in
                    ServerObject.perform(instance) { server in callback.map { server.driven.cutOff(onIdle: ServerObject.calling($0)) } }
                },
                .init(name: "close", flags: METH_NOARGS) { instance, _ in ServerObject.perform(instance) { $0.driven.close() } },
                .init(name: "wait", flags: METH_O) { instance, timeout in
                    ServerObject.perform(instance) { server throws(PythonRaised) in try server.wait(timeout ?? Py_None()) }
                },
                .init(name: "setting", flags: METH_O) { instance, key in
                    guard let server = HeapType.content(instance, as: ServerObject.self), let key else { return nil }
                    return PythonSettings.value(of: key, in: server.settings)
                },
            ],
            getters: [
                .init(name: "requests") { instance, _ in ServerObject.number(instance) { $0.driven.requestsInFlight } },
                .init(name: "connections") { instance, _ in ServerObject.number(instance) { $0.driven.connections } },
            ])
    }

    private static func perform(_ instance: PyPointer?, _ body: (ServerObject) throws(PythonRaised) -> Void?) -> PyPointer? {
        guard let server = HeapType.content(instance, as: ServerObject.self) else { return nil }
        return returningNone { () throws(PythonRaised) in _ = try body(server) }
    }

    private static func number(_ instance: PyPointer?, _ body: (ServerObject) -> Int) -> PyPointer? {
        HeapType.content(instance, as: ServerObject.self).flatMap { PyLong_FromLong(body($0)) }
    }

    /// `_roost.Server(settings, mode, app, runtime)`
    static func make(_ arguments: PyPointer) -> PyPointer? {
        do throws(PythonRaised) {
            let state = try ModuleState.get()
            guard PyTuple_Size(arguments) == 4, let source = PyTuple_GetItem(arguments, 0),
                let mode = PyTuple_GetItem(arguments, 1).flatMap(PythonText.string).flatMap(AppMode.init(rawValue:)),
                let app = PyTuple_GetItem(arguments, 2), let runtime = PyTuple_GetItem(arguments, 3)
            else { throw raise(cpython_objects().pointee.type_error, "Server() takes settings, \"asgi\" or \"wsgi\", an application and a runtime") }
            let settings: WorkerSettings
            if cpython_is_instance(source, state.host.type) != 0, let host = HeapType.content(source, as: HostObject.self) {
                settings = host.host.settings
            } else if cpython_is_instance(source, state.config.type) != 0, let config = HeapType.content(source, as: ConfigObject.self) {
                settings = config.settings
            } else {
                throw raise(cpython_objects().pointee.type_error, "the settings are a Host or a Config")
            }
            let server: ServerObject
            switch mode {
            case .asgi:
                let application = try ASGIApplication(state, callable: app, runtime: runtime)
                server = ServerObject(settings, try driven(application, settings, mode), application)
            case .wsgi:
                let application = try WSGIApplication(state, app, settings)
                let driven = try driven(application, settings, mode)
                server = ServerObject(settings, application.runsOnLoop ? driven : try threaded(driven), nil)
            }
            return try state.server.make(server).release()
        } catch {
            return nil
        }
    }

    private static func driven(_ runner: any ApplicationRunner, _ settings: WorkerSettings, _ mode: AppMode) throws(PythonRaised) -> DrivenServer {
        do {
            return try DrivenServer(runner: runner, config: settings.config.limited(for: mode))
        } catch let error as ConfigError {
            throw raise(cpython_objects().pointee.value_error, error.description)
        } catch {
            throw raise(cpython_objects().pointee.os_error, "\(error)")
        }
    }

    /// Has a server driven by a thread of its own.
    private static func threaded(_ driven: DrivenServer) throws(PythonRaised) -> any ServerDriver {
        do {
            return try ThreadedServer(driven)
        } catch {
            throw raise(cpython_objects().pointee.os_error, "\(error)")
        }
    }

    // MARK: Methods

    private func listen() -> PyPointer? {
        do throws(PythonRaised) {
            try open()
            let list = try PythonReference(PyList_New(binds.count))
            for (index, bind) in binds.enumerated() {
                guard PyList_SetItem(list.pointer, index, try PythonText.object(bind.description).release()) == 0 else { throw PythonRaised() }
            }
            return list.release()
        } catch {
            return nil
        }
    }

    private func open() throws(PythonRaised) {
        try asgi?.refreshSpawn()
        do {
            binds = try driven.listen()
        } catch {
            throw try bindError(error)
        }
    }

    /// Raises `_roost.BindError`, with the error number if there is one.
    private func bindError(_ error: any Error) throws(PythonRaised) -> PythonRaised {
        let type = try ModuleState.get().bindError
        let text = try PythonText.object("\(error)")
        let exception = try PythonReference(cpython_call1(type, text.pointer))
        if let code = (error as? BindError)?.code {
            let number = try PythonReference(PyLong_FromLong(Int(code)))
            guard PyObject_SetAttrString(exception.pointer, "errno", number.pointer) == 0 else { throw PythonRaised() }
        }
        PyErr_SetObject(type, exception.pointer)
        return PythonRaised()
    }

    private func set(state: PyPointer?) throws(PythonRaised) {
        guard let state, let type = cpython_objects().pointee.dict_type, cpython_is_instance(state, type) != 0 else {
            throw raise(cpython_objects().pointee.type_error, "the state is a dictionary")
        }
        asgi?.set(state: state)
    }

    /// Waits, without the GIL, until there is something to do, and does it.
    private func wait(_ timeout: PyPointer) throws(PythonRaised) {
        var milliseconds: Int32 = -1
        if timeout != Py_None() {
            let seconds = PyFloat_AsDouble(timeout)
            if seconds == -1, PyErr_Occurred() != nil { throw PythonRaised() }
            milliseconds = Int32(clamping: Int((max(0, min(seconds, 1e6)) * 1000).rounded(.up)))
        }
        var ready = pollfd(fd: driven.descriptor, events: Int16(POLLIN), revents: 0)
        let thread = PyEval_SaveThread()
        poll(&ready, 1, milliseconds)
        PyEval_RestoreThread(thread)
        driven.drain(waiting: nil)
    }

    /// What calls a callback of Python's once.
    private static func calling(_ callback: PyPointer) -> () -> Void {
        let callback = returning(callback)
        return {
            if let result = cpython_call0(callback) { Py_DecRef(result) } else { PyErr_WriteUnraisable(callback) }
            Py_DecRef(callback)
        }
    }
}
