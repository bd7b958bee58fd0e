import CPython
import Roost

/// A request as Python has it: a coroutine, with `receive` and `send`.
extension ASGIRequest {
    private static let amSend: HeapType.Send = { instance, value, result in
        guard let result else { return PYGEN_ERROR }
        return HeapType.with(instance, ASGIRequest.self) { $0.resume(value ?? Py_None(), &result.pointee) } ?? PYGEN_ERROR
    }
    private static let next: HeapType.Unary = { instance in
        var result: PyPointer?
        return step(instance, Py_None(), &result)
    }
    private static let sendValue: HeapType.Method = { instance, value in
        var result: PyPointer?
        return step(instance, value ?? Py_None(), &result)
    }
    private static let raiseIn: HeapType.Method = { instance, arguments in
        guard let request = HeapType.content(instance, as: ASGIRequest.self), let arguments else { return nil }
        var result: PyPointer?
        return finished(request.resume(raising: arguments, &result), result)
    }
    private static let close: HeapType.Method = { instance, _ in
        HeapType.content(instance, as: ASGIRequest.self)?.close()
        return returning(Py_None())
    }

    private static func step(_ instance: PyPointer?, _ value: PyPointer, _ result: inout PyPointer?) -> PyPointer? {
        guard let request = HeapType.content(instance, as: ASGIRequest.self) else { return nil }
        return finished(request.resume(value, &result), result)
    }

    /// The outcome in the form of a method that yields or raises.
    private static func finished(_ outcome: Int32, _ result: PyPointer?) -> PyPointer? {
        switch outcome {
        case PYGEN_NEXT: return result
        case PYGEN_RETURN:
            if let result {
                raiseStopIteration(result)
                Py_DecRef(result)
            }
            return nil
        default: return nil
        }
    }

    static func makeType() throws(PythonRaised) -> HeapType {
        try .coroutine(
            "_roost.Request", doc: "The coroutine of one request.",
            next: next, send: sendValue, sendSlot: amSend, raise: raiseIn, close: close, getters: frameGetters)
    }

    /// `receive`, a function that is bound to the request.
    static func receiveTable() -> UnsafeMutablePointer<PyMethodDef> {
        HeapType.table([
            .init(name: "receive", flags: METH_NOARGS) { instance, _ in HeapType.with(instance, ASGIRequest.self) { $0.receive() } }
        ])
    }

    /// `send`, the same.
    static func sendTable() -> UnsafeMutablePointer<PyMethodDef> {
        HeapType.table([
            .init(name: "send", flags: METH_O) { instance, message in
                guard let message else { return nil }
                return HeapType.with(instance, ASGIRequest.self) { $0.exchange.asksForWebSocket ? $0.sendOnWebSocket(message) : $0.send(message) }
            }
        ])
    }
}
