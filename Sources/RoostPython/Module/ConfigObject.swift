import CPython
import Roost
import RoostHost

/// `_roost.Config`: settings that a program makes for itself.
final class ConfigObject {
    let settings: WorkerSettings

    private init(_ settings: WorkerSettings) {
        self.settings = settings
    }

    static func makeType() throws(PythonRaised) -> HeapType {
        try HeapType(
            "_roost.Config", doc: "Settings that a program makes for itself.",
            methods: [.init(name: "get", flags: METH_O) { instance, key in
                guard let config = HeapType.content(instance, as: ConfigObject.self), let key else { return nil }
                return PythonSettings.value(of: key, in: config.settings)
            }])
    }

    /// `_roost.config(values)`
    static func make(_ values: PyPointer) -> PyPointer? {
        do throws(PythonRaised) {
            let values = try PythonSettings.values(values)
            let settings: WorkerSettings
            do throws(WorkerError) {
                settings = try WorkerSettings(values)
            } catch {
                throw raise(cpython_objects().pointee.value_error, error.description)
            }
            return try ModuleState.get().config.make(ConfigObject(settings)).release()
        } catch {
            return nil
        }
    }
}

/// Settings between the two languages.
enum PythonSettings {
    /// The setting of this key as an object of Python's.
    static func value(of key: PyPointer, in settings: WorkerSettings) -> PyPointer? {
        do throws(PythonRaised) {
            guard let name = PythonText.string(key) else { throw raise(cpython_objects().pointee.type_error, "the key of a setting is a str") }
            guard let value = settings.value(of: name) else { throw raise(cpython_objects().pointee.value_error, "there is no setting \(name)") }
            return try object(value).release()
        } catch {
            return nil
        }
    }

    private static func object(_ value: SettingValue) throws(PythonRaised) -> PythonReference {
        switch value {
        case .nothing: return PythonReference(sharing: Py_None())
        case .text(let text): return try PythonText.object(text)
        case .integer(let number, _): return try PythonReference(PyLong_FromLong(number))
        case .number(let number): return try PythonReference(PyFloat_FromDouble(number))
        case .boolean(let isOn): return PythonReference(sharing: isOn ? Py_True() : Py_False())
        case .list(let values):
            let list = try PythonReference(PyList_New(values.count))
            for (index, value) in values.enumerated() {
                guard PyList_SetItem(list.pointer, index, try object(value).release()) == 0 else { throw PythonRaised() }
            }
            return list
        case .table(let values):
            let table = try PythonReference(PyDict_New())
            for (name, value) in values {
                let key = try PythonText.object(name)
                try set(object(value), at: key.pointer, of: table.pointer)
            }
            return table
        case .other(let kind): return try PythonText.object(kind)
        }
    }

    /// A dictionary of settings by key.
    static func values(_ dictionary: PyPointer) throws(PythonRaised) -> [String: SettingValue] {
        guard let type = cpython_objects().pointee.dict_type, cpython_is_instance(dictionary, type) != 0 else {
            throw raise(cpython_objects().pointee.type_error, "settings are a dictionary by key")
        }
        var values: [String: SettingValue] = [:]
        var position = 0
        var key, value: PyPointer?
        while PyDict_Next(dictionary, &position, &key, &value) != 0 {
            guard let key, let value else { break }
            guard let name = PythonText.string(key) else { throw raise(cpython_objects().pointee.type_error, "the key of a setting is a str") }
            values[name] = try setting(value)
        }
        return values
    }

    private static func setting(_ object: PyPointer) throws(PythonRaised) -> SettingValue {
        if object == Py_None() { return .nothing }
        if object == Py_True() { return .boolean(true) }
        if object == Py_False() { return .boolean(false) }
        if let text = PythonText.string(object) { return .text(text) }
        if let type = cpython_objects().pointee.long_type, cpython_is_instance(object, type) != 0 {
            let number = PyLong_AsLong(object)
            if number == -1, PyErr_Occurred() != nil { throw PythonRaised() }
            return .integer(number)
        }
        if let type = cpython_objects().pointee.float_type, cpython_is_instance(object, type) != 0 { return .number(PyFloat_AsDouble(object)) }
        if let type = cpython_objects().pointee.dict_type, cpython_is_instance(object, type) != 0 { return .table(try values(object)) }
        let tuple = try PythonReference(PySequence_Tuple(object))
        var list: [SettingValue] = []
        for index in 0..<PyTuple_Size(tuple.pointer) {
            if let element = PyTuple_GetItem(tuple.pointer, index) { list.append(try setting(element)) }
        }
        return .list(list)
    }
}
