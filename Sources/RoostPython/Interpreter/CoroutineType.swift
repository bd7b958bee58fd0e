import CPython

extension HeapType {
    /// A type that is awaited and stepped through as a coroutine is.
    ///
    /// - Parameter sendSlot: what `send` does, for interpreters that can call it without a method (3.10).
    static func coroutine(
        _ name: StaticString, doc: StaticString, next: Unary, send: @escaping Method, sendSlot: Send, raise: @escaping Method, close: @escaping Method,
        getters: [GetterDefinition] = []
    ) throws(PythonRaised) -> HeapType {
        let itself: Unary = { instance in instance.map(returning) }
        var slots: [(slot: Int32, function: UnsafeMutableRawPointer)] = [
            (CPython_am_await, unsafeBitCast(itself, to: UnsafeMutableRawPointer.self)),
            (CPython_tp_iter, unsafeBitCast(itself, to: UnsafeMutableRawPointer.self)),
            (CPython_tp_iternext, unsafeBitCast(next, to: UnsafeMutableRawPointer.self)),
        ]
        if cpython_has_send_slot() != 0 {
            slots.append((CPython_am_send, unsafeBitCast(sendSlot, to: UnsafeMutableRawPointer.self)))
        }
        return try HeapType(
            name, doc: doc, slots: slots,
            methods: [
                .init(name: "send", flags: METH_O, function: send),
                .init(name: "throw", flags: METH_VARARGS, function: raise),
                .init(name: "close", flags: METH_NOARGS, function: close),
            ], getters: getters)
    }
}
