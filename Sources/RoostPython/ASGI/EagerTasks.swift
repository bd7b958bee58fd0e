import CPython

/// Has tasks of asyncio begin at once, as those of Python 3.12 and later do when they are asked to (`eager_start`): one of an older version asks its
/// loop to call it soon, and that one call is caught and made here.
///
/// A request then runs up to its first real wait within the round that read it. What it uses is in the processor's caches still, and most of it is
/// gone again before the next request's is made, so that there is less for the garbage collector to go through.
///
/// For the thread that drives the server, which is the loop's.
final class EagerTasks {
    /// asyncio's tasks that are running, by their loops.
    private let currentTasks: PyPointer
    private let hook: CallSoonHook
    /// What stands in the place of the loop's `call_soon` while a task is made.
    private let function: PyPointer

    /// - Parameter parts: The loop, and the dictionary of the tasks that are running; nil comes of anything else.
    init?(_ parts: PyPointer, _ types: ASGITypes) throws(PythonRaised) {
        guard cpython_is_exactly(parts, cpython_objects().pointee.tuple_type) != 0, PyTuple_Size(parts) == 2, cpython_has_contexts() != 0,
            let loop = PyTuple_GetItem(parts, 0), let currentTasks = PyTuple_GetItem(parts, 1)
        else { return nil }
        hook = try CallSoonHook(loop)
        let holder = try types.callSoonHook.make(hook)
        function = try PythonReference(PyCFunction_NewEx(types.callSoonDefinition, holder.pointer, nil)).release()
        self.currentTasks = returning(currentTasks)
    }

    deinit {
        Py_DecRef(currentTasks)
        Py_DecRef(function)
    }

    /// Makes a task and runs it up to its first wait; nil if it cannot begin now, because the loop is in another task.
    ///
    /// - Parameters:
    ///   - makeTask: asyncio's class of tasks.
    ///   - arguments: what it is called with: a tuple, and `keywords`, a dictionary.
    /// - Throws: also for what the task raises that is the loop's to see, as `SystemExit` is.
    func start(_ makeTask: PyPointer, _ arguments: PyPointer, _ keywords: PyPointer) throws(PythonRaised) -> PythonReference? {
        guard PyDict_GetItemWithError(currentTasks, hook.loop) == nil else { return nil }
        guard PyErr_Occurred() == nil, hook.set(function) else { throw PythonRaised() }
        let made = PyObject_Call(makeTask, arguments, keywords)
        guard let (step, context) = hook.takeCaught() else {
            // It never came to that call.
            hook.removeUncalled()
            return try PythonReference(made)
        }
        let held = PythonReference(owning: step)
        let within = PythonReference(owning: context)
        let task = try PythonReference(made)
        guard cpython_enter_context(within.pointer) == 0 else { throw PythonRaised() }
        let result = cpython_call0(held.pointer)
        cpython_leave_context(within.pointer)
        _ = try PythonReference(result)
        return task
    }
}

/// The function in place of a loop's `call_soon`: it keeps the first call that a task makes, and is gone with it.
final class CallSoonHook {
    let loop: PyPointer
    /// The loop's own attributes.
    private let attributes: PyPointer
    private let name: PyPointer
    /// The type of what a task has called, once it is known.
    private var stepType: UnsafeMutableRawPointer?
    private var caught: (step: PyPointer, context: PyPointer)?

    init(_ loop: PyPointer) throws(PythonRaised) {
        let attributes = try PythonReference(PyObject_GetAttrString(loop, "__dict__"))
        guard cpython_is_exactly(attributes.pointer, cpython_objects().pointee.dict_type) != 0 else {
            throw raise(cpython_objects().pointee.type_error, "the loop's attributes are no dictionary")
        }
        name = try PythonReference(PyUnicode_InternFromString("call_soon")).release()
        self.attributes = attributes.release()
        self.loop = returning(loop)
    }

    deinit {
        Py_DecRef(loop)
        Py_DecRef(attributes)
        Py_DecRef(name)
    }

    /// The loop's own method is its class's: the attribute hides it.
    func set(_ function: PyPointer) -> Bool { PyDict_SetItem(attributes, name, function) == 0 }

    /// Shows the loop's own method again.
    private func remove() {
        if PyDict_DelItem(attributes, name) != 0 { PyErr_Clear() }
    }

    /// The same, when an exception may be set.
    func removeUncalled() {
        var type, value, traceback: PyPointer?
        PyErr_Fetch(&type, &value, &traceback)
        remove()
        PyErr_Restore(type, value, traceback)
    }

    func takeCaught() -> (step: PyPointer, context: PyPointer)? {
        defer { caught = nil }
        return caught
    }

    private func call(_ arguments: UnsafePointer<PyPointer?>?, _ count: Int, _ names: PyPointer?) throws(PythonRaised) -> PythonReference {
        remove()
        if caught == nil, count == 1, let names, PyTuple_Size(names) == 1, let step = arguments?[0], let context = arguments?[1], isStep(step) {
            caught = (returning(step), returning(context))
            return PythonReference(sharing: Py_None())
        }
        // The garbage collector has come between, and finished something that calls its loop.
        return try passOn(arguments, count, names)
    }

    private func isStep(_ object: PyPointer) -> Bool {
        if let stepType { return object.pointee.type == stepType }
        guard PythonText.typeName(of: object) == "TaskStepMethWrapper" else { return false }
        stepType = object.pointee.type
        return true
    }

    private func passOn(_ arguments: UnsafePointer<PyPointer?>?, _ count: Int, _ names: PyPointer?) throws(PythonRaised) -> PythonReference {
        let method = try PythonReference(PyObject_GetAttr(loop, name))
        let tuple = try PythonReference(PyTuple_New(count))
        for index in 0..<count {
            guard let argument = arguments?[index], PyTuple_SetItem(tuple.pointer, index, returning(argument)) == 0 else { throw PythonRaised() }
        }
        let keywords = try PythonReference(PyDict_New())
        for index in 0..<(names.map { PyTuple_Size($0) } ?? 0) {
            guard let key = names.flatMap({ PyTuple_GetItem($0, index) }), let value = arguments?[count + index] else { throw PythonRaised() }
            try share(value, at: key, of: keywords.pointer)
        }
        return try PythonReference(PyObject_Call(method.pointer, tuple.pointer, keywords.pointer))
    }

    static func makeType() throws(PythonRaised) -> HeapType {
        try HeapType("_roost.CallSoonHook", doc: "Keeps a task's first step.", methods: [])
    }

    static func table() -> UnsafeMutablePointer<PyMethodDef> {
        let function: @convention(c) (PyPointer?, UnsafePointer<PyPointer?>?, Int, PyPointer?) -> PyPointer? = { instance, arguments, count, names in
            guard let hook = HeapType.content(instance, as: CallSoonHook.self) else { return nil }
            do throws(PythonRaised) {
                return try hook.call(arguments, count, names).release()
            } catch {
                return nil
            }
        }
        return HeapType.table([
            // With these flags there are four arguments.
            .init(name: "call_soon", flags: METH_FASTCALL | METH_KEYWORDS, function: unsafeBitCast(function, to: HeapType.Method.self))
        ])
    }
}
