import CPython
import Logging
import Roost
import RoostHost

/// `_roost.Host`: the command line, the settings and the service manager of a process that `roost serve` has become.
final class HostObject {
    static let version = roostVersion

    let host: WorkerHost

    private init(_ host: WorkerHost) {
        self.host = host
    }

    static func makeType() throws(PythonRaised) -> HeapType {
        try HeapType(
            "_roost.Host", doc: "The command line, settings and service manager of a worker.",
            methods: [
                .init(name: "get", flags: METH_O) { instance, key in
                    guard let host = HostObject.content(instance), let key else { return nil }
                    return PythonSettings.value(of: key, in: host.host.settings)
                },
                .init(name: "log", flags: METH_VARARGS) { instance, arguments in
                    guard let host = HostObject.content(instance), let arguments else { return nil }
                    return returningNone { () throws(PythonRaised) in try host.log(arguments) }
                },
                .init(name: "phase", flags: METH_O) { instance, name in
                    guard let host = HostObject.content(instance), let name else { return nil }
                    return returningNone { () throws(PythonRaised) in try host.enter(name) }
                },
                .init(name: "ready", flags: METH_O) { instance, server in
                    guard let host = HostObject.content(instance), let server else { return nil }
                    return returningNone { () throws(PythonRaised) in try host.ready(server) }
                },
                .init(name: "dump", flags: METH_VARARGS) { instance, arguments in
                    guard let host = HostObject.content(instance), let arguments else { return nil }
                    return returningNone { () throws(PythonRaised) in try host.dump(arguments) }
                },
                .init(name: "finished", flags: METH_VARARGS) { instance, arguments in
                    guard let host = HostObject.content(instance), let arguments else { return nil }
                    return returningNone { () throws(PythonRaised) in try host.finish(arguments) }
                },
            ],
            getters: [
                .init(name: "app") { instance, _ in HostObject.content(instance)?.app },
                .init(name: "is_supervised") { instance, _ in
                    HostObject.content(instance).map { returning($0.host.isSupervised ? Py_True() : Py_False()) }
                },
            ])
    }

    private static func content(_ instance: PyPointer?) -> HostObject? {
        HeapType.content(instance, as: HostObject.self)
    }

    /// `_roost.Host(arguments)`: reads a command line. Raises SystemExit if it asks for something other than to serve, or is wrong.
    static func make(_ arguments: PyPointer) -> PyPointer? {
        do throws(PythonRaised) {
            let tuple = try PythonReference(PySequence_Tuple(arguments))
            var texts: [String] = []
            for index in 0..<PyTuple_Size(tuple.pointer) {
                guard let text = PyTuple_GetItem(tuple.pointer, index).flatMap(PythonText.string) else {
                    throw raise(cpython_objects().pointee.type_error, "the arguments are a list of str")
                }
                texts.append(text)
            }
            switch read(texts) {
            case .success(.serve(let host)):
                return try ModuleState.get().host.make(HostObject(host)).release()
            case .success(.print(let text)):
                if !text.isEmpty { print(text) }
                throw exit(0)
            case .success(.checked(let status)):
                throw exit(status)
            case .failure(let error):
                WorkerHost.print(error)
                throw exit(error.status)
            }
        } catch {
            return nil
        }
    }

    private static func read(_ arguments: [String]) -> Result<WorkerHost.Request, WorkerError> {
        do throws(WorkerError) {
            return .success(try WorkerHost.read(arguments))
        } catch {
            return .failure(error)
        }
    }

    private static func exit(_ status: Int32) -> PythonRaised {
        guard let type = cpython_objects().pointee.system_exit, let number = PyLong_FromLong(Int(status)) else { return PythonRaised() }
        PyErr_SetObject(type, number)
        Py_DecRef(number)
        return PythonRaised()
    }

    // MARK: Methods

    /// `app`: what the setting of this name says, or None.
    private var app: PyPointer? {
        guard case .text(let name)? = host.settings.value(of: "app") else { return returning(Py_None()) }
        return try? PythonText.object(name).release()
    }

    /// `log(level, message, fields=None)`
    private func log(_ arguments: PyPointer) throws(PythonRaised) {
        guard (2...3).contains(PyTuple_Size(arguments)), let level = PyTuple_GetItem(arguments, 0).flatMap(PythonText.string),
            let message = PyTuple_GetItem(arguments, 1).flatMap(PythonText.string), let known = Logger.Level(rawValue: level)
        else { throw raise(cpython_objects().pointee.type_error, "log() takes a level, a message and perhaps fields") }
        var metadata: Logger.Metadata = [:]
        if PyTuple_Size(arguments) == 3, let fields = PyTuple_GetItem(arguments, 2), fields != Py_None() {
            for (key, value) in try PythonSettings.values(fields) { metadata[key] = "\(text(value))" }
        }
        host.settings.config.logger.log(level: known, "\(message)", metadata: metadata)
    }

    private func text(_ value: SettingValue) -> String {
        switch value {
        case .text(let text): text
        case .integer(let number, _): "\(number)"
        case .number(let number): "\(number)"
        case .boolean(let isOn): "\(isOn)"
        case .nothing: ""
        case .list, .table, .other: "\(value)"
        }
    }

    /// `phase(name)`
    private func enter(_ name: PyPointer) throws(PythonRaised) {
        switch PythonText.string(name) {
        case "starting": host.entered(.starting)
        case "draining": host.entered(.draining, status)
        case "stopping": host.entered(.stopping, status)
        default: throw raise(cpython_objects().pointee.value_error, "the phase is starting, draining or stopping")
        }
    }

    /// Counts of the server that was ready.
    private var status: ServerStatus?

    /// `ready(server)`
    private func ready(_ server: PyPointer) throws(PythonRaised) {
        guard let type = try? ModuleState.get().server.type, cpython_is_instance(server, type) != 0,
            let server = HeapType.content(server, as: ServerObject.self)
        else { throw raise(cpython_objects().pointee.type_error, "ready() takes a Server") }
        status = server.counts
        host.ready(server.binds, status)
    }

    /// `dump(stacks, wake=None)`
    private func dump(_ arguments: PyPointer) throws(PythonRaised) {
        var descriptors: [Int32] = []
        for index in 0..<PyTuple_Size(arguments) {
            guard let item = PyTuple_GetItem(arguments, index), item != Py_None() else { continue }
            let number = PyLong_AsLong(item)
            if number == -1, PyErr_Occurred() != nil { throw PythonRaised() }
            guard let descriptor = Int32(exactly: number) else { throw raise(cpython_objects().pointee.value_error, "a descriptor is expected") }
            descriptors.append(descriptor)
        }
        guard let stacks = descriptors.first else { throw raise(cpython_objects().pointee.type_error, "dump() takes one or two descriptors") }
        host.dump(stacks: stacks, wake: descriptors.dropFirst().first)
    }

    /// `finished(code, reason=None, errno=None)`
    private func finish(_ arguments: PyPointer) throws(PythonRaised) {
        let count = PyTuple_Size(arguments)
        guard (1...3).contains(count), let code = PyTuple_GetItem(arguments, 0) else {
            throw raise(cpython_objects().pointee.type_error, "finished() takes an exit code, and perhaps a reason and an error number")
        }
        let number = PyLong_AsLong(code)
        if number == -1, PyErr_Occurred() != nil { throw PythonRaised() }
        let reason = count >= 2 ? PyTuple_GetItem(arguments, 1).flatMap(PythonText.string) : nil
        var errno: Int32?
        if count == 3, let value = PyTuple_GetItem(arguments, 2), value != Py_None() {
            let number = PyLong_AsLong(value)
            if number == -1, PyErr_Occurred() != nil { throw PythonRaised() }
            errno = Int32(truncatingIfNeeded: number)
        }
        host.finished(Int32(truncatingIfNeeded: number), reason: reason, errno: errno)
    }
}

/// Calls `body`; None, or NULL with the exception that it has raised.
func returningNone(_ body: () throws(PythonRaised) -> Void) -> PyPointer? {
    do throws(PythonRaised) {
        try body()
        return returning(Py_None())
    } catch {
        return nil
    }
}
