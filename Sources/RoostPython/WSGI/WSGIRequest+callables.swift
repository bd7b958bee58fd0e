import CPython
import Glibc
import Roost

/// `start_response` and `write`, as Python calls them.
extension WSGIRequest {
    /// `start_response(status, response_headers, exc_info=None)`
    ///
    /// - Parameters:
    ///   - arguments: as many as `count`, and behind them one for each of `names`.
    private func startResponse(
        _ itself: PyPointer, _ arguments: UnsafePointer<PyPointer?>?, _ count: Int, _ names: PyPointer?
    ) throws(PythonRaised) -> PythonReference {
        let objects = cpython_objects().pointee
        guard (2...3).contains(count), let arguments, let status = arguments[0], let headers = arguments[1] else {
            throw raise(objects.type_error, "start_response() takes a status, header fields and perhaps exc_info (\(count) arguments given)")
        }
        var information = count == 3 ? arguments[2] : nil
        if let names, PyTuple_Size(names) > 0 {
            guard count == 2, PyTuple_Size(names) == 1, PyTuple_GetItem(names, 0).flatMap(PythonText.string) == "exc_info" else {
                throw raise(objects.type_error, "start_response() takes no other argument by name than exc_info")
            }
            information = arguments[2]
        }
        if information == Py_None() { information = nil }
        if case .unstarted = response {} else { try checkRestart(information) }
        let head = try application.head(status: status, headers: headers)
        isBodiless = exchange.head.isHead || head.isBodiless
        bodyLeft = isBodiless ? nil : head.contentLength
        response = .started(head)
        // Called, the request's object is `write`: to make a function that hardly anybody calls would cost each request something.
        return PythonReference(sharing: itself)
    }

    /// Refuses a second call that may not be, or comes too late.
    ///
    /// - Parameter information: `exc_info`; nil for none.
    private func checkRestart(_ information: PyPointer?) throws(PythonRaised) {
        let objects = cpython_objects().pointee
        switch response {
        case .unstarted: break
        case .started:
            guard information == nil else { return }
            throw raise(objects.assertion_error, "start_response() was called a second time, and without exc_info")
        case .sent, .complete, .gone, .ended:
            guard let information else { throw raise(objects.assertion_error, "start_response() was called after the response's head was sent") }
            throw try Self.raiseAgain(information)
        }
    }

    /// Raises what `sys.exc_info()` has told of.
    private static func raiseAgain(_ information: PyPointer) throws(PythonRaised) -> PythonRaised {
        let triple = try PythonReference(PySequence_Tuple(information))
        guard PyTuple_Size(triple.pointer) == 3, let type = PyTuple_GetItem(triple.pointer, 0), let value = PyTuple_GetItem(triple.pointer, 1),
            let traceback = PyTuple_GetItem(triple.pointer, 2), type != Py_None()
        else {
            return raise(cpython_objects().pointee.assertion_error, "the response's head was sent, and exc_info tells of no exception")
        }
        PyErr_Restore(returning(type), returning(value), traceback == Py_None() ? nil : returning(traceback))
        return PythonRaised()
    }

    /// `write(data)`. On the loop it does not wait for the client, or everybody would.
    private func write(_ data: PyPointer) throws(PythonRaised) {
        let objects = cpython_objects().pointee
        guard thread == pthread_self() else { throw raise(objects.runtime_error, "write() was called on another thread than the application") }
        if case .ended = response { throw raise(objects.runtime_error, "write() was called after the response was complete") }
        let piece = try bytes(of: data)
        guard piece.readableBytes > 0 else { return }
        if channel == nil { exchange.writesAtOnce = true }
        do throws(WSGISendError) {
            guard case .end = try send(piece) else { return }
        } catch {
            throw raise(objects.runtime_error, error.description)
        }
        hasToldGone = true
        throw raise(objects.broken_pipe_error, "the client is gone")
    }

    /// `start_response`, a function that is bound to the request.
    static func startResponseTable() -> UnsafeMutablePointer<PyMethodDef> {
        let function: @convention(c) (PyPointer?, UnsafePointer<PyPointer?>?, Int, PyPointer?) -> PyPointer? = { instance, arguments, count, names in
            guard let instance else { return nil }
            return HeapType.with(instance, WSGIRequest.self) { request in
                do throws(PythonRaised) {
                    return try request.startResponse(instance, arguments, count, names).release()
                } catch {
                    return nil
                }
            }
        }
        return HeapType.table([
            // With these flags there are four arguments.
            .init(name: "start_response", flags: METH_FASTCALL | METH_KEYWORDS, function: unsafeBitCast(function, to: HeapType.Method.self))
        ])
    }

    /// `write`: the request's object, called.
    static var writeSlot: (slot: Int32, function: UnsafeMutableRawPointer) {
        let function: @convention(c) (PyPointer?, PyPointer?, PyPointer?) -> PyPointer? = { instance, arguments, names in
            guard let request = HeapType.content(instance, as: WSGIRequest.self), let arguments else { return nil }
            return returningNone { () throws(PythonRaised) in
                guard PyTuple_Size(arguments) == 1, names.map({ PyDict_Size($0) == 0 }) ?? true, let data = PyTuple_GetItem(arguments, 0) else {
                    throw raise(cpython_objects().pointee.type_error, "write() takes one argument, a piece of the response's body")
                }
                try request.write(data)
            }
        }
        return (CPython_tp_call, unsafeBitCast(function, to: UnsafeMutableRawPointer.self))
    }
}
