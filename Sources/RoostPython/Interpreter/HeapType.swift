import CPython

/// A type of Python's whose instances hold an object of Swift's. Types are made once and stay.
struct HeapType {
    typealias Method = @convention(c) (PyPointer?, PyPointer?) -> PyPointer?
    typealias Unary = @convention(c) (PyPointer?) -> PyPointer?
    typealias Send = @convention(c) (PyPointer?, PyPointer?, UnsafeMutablePointer<PyPointer?>?) -> Int32

    /// A method with the arguments that its flags tell of (`METH_NOARGS`, `METH_O`, `METH_VARARGS`).
    struct MethodDefinition {
        let name: StaticString
        let flags: Int32
        let function: Method
    }

    /// An attribute that is computed when it is asked for.
    struct GetterDefinition {
        let name: StaticString
        let function: @convention(c) (PyPointer?, UnsafeMutableRawPointer?) -> PyPointer?
    }

    let type: PyPointer

    /// - Parameter name: with the module before it, `_roost.Server`.
    init(
        _ name: StaticString, doc: StaticString, slots: [(slot: Int32, function: UnsafeMutableRawPointer)] = [], methods: [MethodDefinition],
        getters: [GetterDefinition] = []
    ) throws(PythonRaised) {
        let dealloc: @convention(c) (PyPointer?) -> Void = { HeapType.deallocate($0) }
        var all = slots.map { PyType_Slot(slot: $0.slot, function: $0.function) }
        all.append(PyType_Slot(slot: CPython_tp_dealloc, function: unsafeBitCast(dealloc, to: UnsafeMutableRawPointer.self)))
        all.append(PyType_Slot(slot: CPython_tp_methods, function: UnsafeMutableRawPointer(Self.table(methods))))
        all.append(PyType_Slot(slot: CPython_tp_doc, function: UnsafeMutableRawPointer(mutating: doc.utf8Start)))
        if !getters.isEmpty {
            all.append(PyType_Slot(slot: CPython_tp_getset, function: UnsafeMutableRawPointer(Self.table(getters))))
        }
        all.append(PyType_Slot(slot: 0, function: nil))
        let made = name.utf8Start.withMemoryRebound(to: CChar.self, capacity: name.utf8CodeUnitCount + 1) { name in
            all.withUnsafeMutableBufferPointer { slots in
                var spec = PyType_Spec(
                    name: name, basic_size: Int32(MemoryLayout<PyContainer>.size), item_size: 0,
                    flags: UInt32(CPython_TPFLAGS_DEFAULT), slots: slots.baseAddress)
                return PyType_FromSpec(&spec)
            }
        }
        type = try PythonReference(made).release()
    }

    /// The interpreter keeps pointers to the table for ever.
    static func table(_ methods: [MethodDefinition]) -> UnsafeMutablePointer<PyMethodDef> {
        let table = UnsafeMutablePointer<PyMethodDef>.allocate(capacity: methods.count + 1)
        for (index, method) in methods.enumerated() {
            (table + index).initialize(
                to: PyMethodDef(
                    name: method.name.cString, function: unsafeBitCast(method.function, to: UnsafeMutableRawPointer.self), flags: method.flags, doc: nil))
        }
        (table + methods.count).initialize(to: PyMethodDef(name: nil, function: nil, flags: 0, doc: nil))
        return table
    }

    private static func table(_ getters: [GetterDefinition]) -> UnsafeMutablePointer<PyGetSetDef> {
        let table = UnsafeMutablePointer<PyGetSetDef>.allocate(capacity: getters.count + 1)
        for (index, getter) in getters.enumerated() {
            (table + index).initialize(
                to: PyGetSetDef(
                    name: getter.name.cString, get: unsafeBitCast(getter.function, to: UnsafeMutableRawPointer.self), set: nil, doc: nil,
                    closure: nil))
        }
        (table + getters.count).initialize(to: PyGetSetDef(name: nil, get: nil, set: nil, doc: nil, closure: nil))
        return table
    }

    /// A new instance that holds `content`.
    func make(_ content: consuming AnyObject) throws(PythonRaised) -> PythonReference {
        let instance = try PythonReference(PyType_GenericAlloc(type, 0))
        instance.pointer.withMemoryRebound(to: PyContainer.self, capacity: 1) {
            $0.pointee.content = Unmanaged.passRetained(content).toOpaque()
        }
        return instance
    }

    /// What an instance of a type of ours holds. The caller knows which class that is, for the interpreter calls a type's methods with its
    /// instances only.
    static func content<Content: AnyObject>(_ instance: PyPointer?, as _: Content.Type = Content.self) -> Content? {
        guard let instance else { return nil }
        return instance.withMemoryRebound(to: PyContainer.self, capacity: 1) { container in
            container.pointee.content.map { Unmanaged<Content>.fromOpaque($0).takeUnretainedValue() }
        }
    }

    /// Calls `body` with what an instance holds, which needs no reference of its own: whoever calls a type's method has one to the instance.
    @inline(__always)
    static func with<Content: AnyObject, Result>(_ instance: PyPointer?, _: Content.Type, _ body: (Content) -> Result?) -> Result? {
        guard let instance else { return nil }
        return instance.withMemoryRebound(to: PyContainer.self, capacity: 1) { container in
            guard let content = container.pointee.content else { return nil }
            return Unmanaged<Content>.fromOpaque(content)._withUnsafeGuaranteedRef(body)
        }
    }

    private static func deallocate(_ instance: PyPointer?) {
        guard let instance else { return }
        instance.withMemoryRebound(to: PyContainer.self, capacity: 1) { container in
            guard let content = container.pointee.content else { return }
            container.pointee.content = nil
            Unmanaged<AnyObject>.fromOpaque(content).release()
        }
        let type = instance.pointee.type?.assumingMemoryBound(to: PyObject.self)
        PyObject_Free(instance)
        // An instance of a type made at run time has a reference to it.
        Py_DecRef(type)
    }
}

extension StaticString {
    /// The text as C has it; literals end with a NUL.
    var cString: UnsafePointer<CChar> {
        utf8Start.withMemoryRebound(to: CChar.self, capacity: utf8CodeUnitCount + 1) { $0 }
    }
}
