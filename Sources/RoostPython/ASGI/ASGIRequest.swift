import CPython
import HTTPWire
import NIOCore
import Roost

/// One request of an ASGI application in Python: its coroutine, and what `receive` and `send` do.
///
/// Python sees it as a coroutine that runs the application's: a task that runs it needs no callback, and what the application raises is dealt
/// with where it is raised. For the thread that holds the GIL, which is the one that drives the server.
final class ASGIRequest {
    let exchange: Exchange
    let application: ASGIApplication
    /// The application's coroutine; nil before it has started and after it has ended.
    private(set) var coroutine: PyPointer?
    /// The task that runs this request.
    private var task: PyPointer?
    private var hasEnded = false
    /// Whether the application has closed its WebSocket, or refused it.
    var hasClosedWebSocket = false

    init(_ exchange: Exchange, _ application: ASGIApplication) {
        self.exchange = exchange
        self.application = application
    }

    deinit {
        Py_DecRef(coroutine)
        Py_DecRef(task)
    }

    /// Calls the application, and gives the coroutine that it returns to a task.
    ///
    /// - Parameter itself: this request as Python's object.
    func start(_ itself: PyPointer) {
        do throws(PythonRaised) {
            let id = try PythonText.object(exchange.requestID)
            let scope = try application.scope.make(for: exchange, id: id, state: application.state)
            let receive = try PythonReference(PyCFunction_NewEx(application.receiveDefinition, itself, nil))
            let send = try PythonReference(PyCFunction_NewEx(application.sendDefinition, itself, nil))
            coroutine = try PythonReference(
                cpython_call3(application.callable, scope.pointer, receive.pointer, send.pointer)
            ).release()
            let task = try application.startTask(itself, id)
            // A task that has run to its end already is not kept.
            guard coroutine != nil else { return }
            self.task = task.release()
            // Not weakly: the exchange lets go of it when the request ends.
            exchange.isCancelled(by: cancel)
        } catch {
            // A task that begins at once may end the process by what it raises.
            if isForTask { endForTask() } else { end(PythonFailure.taken()) }
        }
    }

    private func cancel() {
        guard let task, let method = PyObject_GetAttrString(task, "cancel") else { return PyErr_Clear() }
        if let result = cpython_call0(method) { Py_DecRef(result) } else { PyErr_WriteUnraisable(task) }
        Py_DecRef(method)
    }

    private func end(_ error: (any Error)?) {
        // What ends a task that begins at once also comes out of the call that has begun it.
        guard !hasEnded else { return }
        hasEnded = true
        Py_DecRef(coroutine)
        coroutine = nil
        Py_DecRef(task)
        task = nil
        exchange.onLoop {
            exchange.end(error)
            application.settle(exchange)
        }
    }

    // MARK: The coroutine

    /// Runs the application up to where it waits; what it raises is logged here, but for what is meant for its task.
    func resume(_ value: PyPointer, _ result: inout PyPointer?) -> Int32 {
        guard let coroutine else {
            result = returning(Py_None())
            return PYGEN_RETURN
        }
        return ended(cpython_send(coroutine, value, &result), &result)
    }

    func resume(raising arguments: PyPointer, _ result: inout PyPointer?) -> Int32 {
        guard let coroutine else {
            raiseAgain(arguments)
            return PYGEN_ERROR
        }
        guard let method = PyObject_GetAttrString(coroutine, "throw") else { return PYGEN_ERROR }
        result = PyObject_CallObject(method, arguments)
        Py_DecRef(method)
        if result != nil { return PYGEN_NEXT }
        guard let stop = cpython_objects().pointee.stop_iteration, PyErr_ExceptionMatches(stop) != 0 else {
            return ended(PYGEN_ERROR, &result)
        }
        PyErr_Clear()
        result = returning(Py_None())
        return ended(PYGEN_RETURN, &result)
    }

    private func ended(_ outcome: Int32, _ result: inout PyPointer?) -> Int32 {
        switch outcome {
        case PYGEN_NEXT:
            return outcome
        case PYGEN_RETURN:
            end(nil)
            return outcome
        default:
            if isForTask {
                var type, value, traceback: PyPointer?
                PyErr_Fetch(&type, &value, &traceback)
                end(CancellationError())
                PyErr_Restore(type, value, traceback)
                return outcome
            }
            if PyErr_ExceptionMatches(application.clientDisconnected) != 0 {
                PyErr_Clear()
                end(ASGIError.clientGone)
            } else {
                end(PythonFailure.taken(orOf: application.clientDisconnected))
            }
            result = returning(Py_None())
            return PYGEN_RETURN
        }
    }

    /// Whether what is raised is no failure of the application's but cancellation, or the end of the process: the task must see it.
    private var isForTask: Bool {
        guard let exception = cpython_objects().pointee.exception else { return false }
        return PyErr_ExceptionMatches(exception) == 0
    }

    /// Ends the request, and leaves what was raised to whoever drives the server.
    private func endForTask() {
        var type, value, traceback: PyPointer?
        PyErr_Fetch(&type, &value, &traceback)
        end(CancellationError())
        application.keepRaised(type, value, traceback)
    }

    func close() {
        guard let coroutine else { return }
        self.coroutine = nil
        if let method = PyObject_GetAttrString(coroutine, "close") {
            if let result = cpython_call0(method) { Py_DecRef(result) } else { PyErr_WriteUnraisable(coroutine) }
            Py_DecRef(method)
        }
        Py_DecRef(coroutine)
        end(CancellationError())
    }

    // MARK: receive

    func receive() -> PyPointer? {
        do throws(PythonRaised) {
            if let event = exchange.onLoop({ exchange.immediateEvent() }) {
                return try application.immediate(try message(event)).release()
            }
            let future = try PythonReference(cpython_call0(application.future))
            let waiting = ASGIFuture(future.pointer)
            let wait = EventWait()
            wait.isAbandoned = { waiting.isDone }
            exchange.onLoop {
                exchange.whenEvent(wait) { [self] event in
                    switch event {
                    case .success(let event): waiting.resolve { () throws(PythonRaised) in try message(event) }
                    case .failure: break
                    }
                }
                application.settle(exchange)
            }
            return cpython_call1(application.wait, future.pointer)
        } catch {
            return nil
        }
    }

    /// An event as ASGI's message.
    private func message(_ event: ASGIReceiveEvent) throws(PythonRaised) -> PythonReference {
        let names = application.interned
        let message = try PythonReference(PyDict_New())
        switch event {
        case .httpRequest(let body, let more):
            try share(names.httpRequest, at: names.type, of: message.pointer)
            if body.readableBytes == 0 {
                try share(names.emptyBytes, at: names.body, of: message.pointer)
            } else {
                let bytes = try PythonReference(body.withUnsafeReadableBytes { raw in
                    PyBytes_FromStringAndSize(raw.baseAddress?.assumingMemoryBound(to: CChar.self), raw.count)
                })
                try set(bytes, at: names.body, of: message.pointer)
            }
            try share(more ? Py_True() : Py_False(), at: names.moreBody, of: message.pointer)
        case .websocketReceive(let content):
            try share(names.websocketReceive, at: names.type, of: message.pointer)
            switch content {
            case .text(let text): try set(PythonText.object(text), at: names.text, of: message.pointer)
            case .binary(let bytes): try set(PythonText.bytes(bytes.readableBytesUInt8Span), at: names.bytes, of: message.pointer)
            }
        case .websocketConnect:
            try share(names.websocketConnect, at: names.type, of: message.pointer)
        case .websocketDisconnect(let code, let reason):
            try share(names.websocketDisconnect, at: names.type, of: message.pointer)
            try set(PythonReference(PyLong_FromLong(code)), at: names.code, of: message.pointer)
            try set(PythonText.object(reason), at: names.reason, of: message.pointer)
        default:
            try share(names.httpDisconnect, at: names.type, of: message.pointer)
        }
        return message
    }

    // MARK: send

    func send(_ message: PyPointer) -> PyPointer? {
        do throws(PythonRaised) {
            let event: ASGISendEvent
            switch try application.messages.read(message, takesTrailers: exchange.head.takesTrailers) {
            case .event(let read): event = read
            case .whole(let body): return try send(whole: body)
            case .file(let path): return try send(path: path)
            case .part(let file, let offset, let count, let more): return try send(partOf: file, from: offset, count, more: more)
            }
            let mayGoOn: Bool
            do throws(ASGIError) {
                mayGoOn = try exchange.onLoop { () throws(ASGIError) in
                    defer { if case .httpResponseStart = event {} else { application.settle(exchange) } }
                    return try exchange.send(event)
                }
            } catch {
                throw refused(error)
            }
            if case .httpResponseBody(_, more: true) = event { try raiseIfLost() }
            return mayGoOn ? returning(application.ready) : try roomToCome()
        } catch {
            return nil
        }
    }

    /// Raises what ends an application that streams once its client is gone, as ASGI has it from 2.4 on. One whose response is whole is not kept from
    /// what it does after it.
    func raiseIfLost() throws(PythonRaised) {
        guard exchange.isBodyUnwanted else { return }
        throw refused(.clientGone)
    }

    private func send(whole body: UnsafeRawBufferPointer) throws(PythonRaised) -> PyPointer {
        do throws(ASGIError) {
            try exchange.onLoop { () throws(ASGIError) in
                defer { application.settle(exchange) }
                try exchange.send(whole: body)
            }
        } catch {
            throw refused(error)
        }
        return returning(application.ready)
    }

    /// What an application awaits until there is room for more.
    func roomToCome() throws(PythonRaised) -> PyPointer? {
        let future = try PythonReference(cpython_call0(application.future))
        let waiting = ASGIFuture(future.pointer)
        exchange.onLoop {
            exchange.whenRoom { waiting.resolve { () throws(PythonRaised) in PythonReference(sharing: Py_None()) } }
            application.settle(exchange)
        }
        return cpython_call1(application.wait, future.pointer)
    }
}

extension ASGIRequest {
    func refused(_ error: ASGIError) -> PythonRaised {
        raise(error == .clientGone ? application.clientDisconnected : cpython_objects().pointee.runtime_error, error.description)
    }

    /// Whether the proxy sends the file with this path.
    private func handOver(_ path: PyPointer) throws(PythonRaised) -> Bool {
        guard exchange.hasAccelMap, let type = cpython_objects().pointee.unicode_type, cpython_is_instance(path, type) != 0 else { return false }
        let encoded = try PythonReference(PyUnicode_EncodeFSDefault(path))
        let name = try withBytes(of: encoded.pointer) { Array($0) }
        do throws(ASGIError) {
            return try exchange.onLoop { () throws(ASGIError) in
                defer { application.settle(exchange) }
                return try exchange.handOver(name)
            }
        } catch {
            throw refused(error)
        }
    }

    /// `http.response.pathsend`
    private func send(path: PyPointer) throws(PythonRaised) -> PyPointer {
        if try handOver(path) { return returning(application.ready) }
        let file: FilePart
        do throws(PythonRaised) {
            file = try FilePart.opened(path)
        } catch {
            exchange.onLoop {
                exchange.refuseFile()
                application.settle(exchange)
            }
            throw error
        }
        do throws(ASGIError) {
            try exchange.onLoop { () throws(ASGIError) in
                defer { application.settle(exchange) }
                return try exchange.send(file)
            }
        } catch {
            throw refused(error)
        }
        return returning(application.ready)
    }
}
