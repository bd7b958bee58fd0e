import CPython
import Glibc
import NIOCore
import Roost

/// One request of a WSGI application in Python: its response, piece by piece, as its client takes them.
///
/// Python sees it as `wsgi.errors` and as `write`, and `start_response` is a function that is bound to it.
///
/// `@unchecked Sendable`: used by threads that hold the GIL, and that are one after the other: the one that calls the application, or the loop's.
final class WSGIRequest: @unchecked Sendable {
    enum Response {
        /// `start_response` was not called.
        case unstarted
        /// Status and fields are given; they are sent with the first piece that is not empty, or at the end.
        case started(WSGIHead)
        /// Status and fields are sent.
        case sent
        /// The whole response is sent.
        case complete
        /// The client is gone.
        case gone
        /// The application has nothing to say any more.
        case ended
    }

    /// How the application goes on after a piece.
    enum Sequel {
        case goOn
        /// Once the client has taken more.
        case wait
        /// Nobody is there any more.
        case end
    }

    /// Up to this many bytes, the pieces of a list are sent as one.
    private static let joinLimit = 64 << 10
    /// After so many pieces without a byte others have their turn.
    private static let emptyPieces = 256
    /// After so long as well: what the application does between its pieces may take long.
    private static let turnTime = Nanoseconds(.milliseconds(10))

    let exchange: Exchange
    let application: WSGIApplication
    /// What a thread of its own sends with; nil on the loop.
    let channel: WSGIChannel?
    private let input: WSGIInputObject?
    lazy var errors = WSGIErrors(exchange)
    var response = Response.unstarted
    /// What is left of the length that the application has announced; nil if it has not.
    var bodyLeft: Int?
    /// Whether the client takes no body.
    var isBodiless = false
    /// What the application has returned, if it is to be closed.
    private var result: PyPointer?
    private var iterator: PyPointer?
    /// The request's own context variables: pieces of several responses may be made by turns.
    private var context: PyPointer?
    let thread = pthread_self()
    /// Whether the application was told that its client is gone.
    var hasToldGone = false
    var hasErrors = false

    init(_ exchange: Exchange, _ application: WSGIApplication, _ channel: WSGIChannel?, _ input: WSGIInputObject?) {
        self.exchange = exchange
        self.application = application
        self.channel = channel
        self.input = input
    }

    // MARK: Running

    /// Calls the application, and sends what it returns.
    ///
    /// - Parameter itself: this request as Python's object.
    func serve(_ itself: PyPointer) {
        context = cpython_copy_context()
        if context == nil { PyErr_Clear() }
        inContext {
            do throws(PythonRaised) {
                try call(itself)
            } catch {
                end(failure())
            }
        }
    }

    /// Goes on where the client had to take more first.
    func resume() {
        switch response {
        case .unstarted, .started, .sent: if exchange.isAbandoned { response = .gone }
        case .complete, .gone, .ended: break
        }
        inContext { proceed() }
    }

    private func inContext(_ body: () -> Void) {
        guard let context else { return body() }
        // Held over the end of the request, which lets go of it.
        let held = PythonReference(sharing: context)
        guard cpython_enter_context(held.pointer) == 0 else {
            PyErr_Clear()
            return body()
        }
        body()
        cpython_leave_context(held.pointer)
    }

    private func call(_ itself: PyPointer) throws(PythonRaised) {
        let types = application.types
        let startResponse = try PythonReference(PyCFunction_NewEx(types.startResponseDefinition, itself, nil))
        let returned = try PythonReference(callApplication(itself, startResponse.pointer))
        let objects = cpython_objects().pointee
        let isList = cpython_is_exactly(returned.pointer, objects.list_type) != 0
        if isList || cpython_is_exactly(returned.pointer, objects.tuple_type) != 0 {
            // These have no `close`, and no code of the application's runs while they are gone through.
            return try answer(returned.pointer, isList: isList)
        }
        // From here on there is something to be closed, whatever happens.
        result = returning(returned.pointer)
        if let file = file(in: returned.pointer) { return finish(with: file) }
        guard let iterator = PyObject_GetIter(returned.pointer) else { return close(failure()) }
        self.iterator = iterator
        if channel == nil { exchange.writesAtOnce = true }
        proceed()
    }

    private func callApplication(_ itself: PyPointer, _ startResponse: PyPointer) throws(PythonRaised) -> PyPointer? {
        let environ: PythonReference
        if let input {
            let object = try application.types.input.make(input)
            environ = try application.makeEnviron(for: exchange, input: object.pointer, errors: itself)
        } else {
            environ = try application.makeEnviron(for: exchange, input: nil, errors: itself)
        }
        return cpython_call2(application.callable, environ.pointer, startResponse)
    }

    /// Sends a list or tuple: as one piece if it is one, or small.
    private func answer(_ pieces: PyPointer, isList: Bool) throws(PythonRaised) {
        let count = isList ? PyList_Size(pieces) : PyTuple_Size(pieces)
        if count == 1, channel == nil, case .started = response,
            let bytes = (isList ? PyList_GetItem(pieces, 0) : PyTuple_GetItem(pieces, 0)).flatMap(exactBytes), bytes.count <= SmallBodies.largest
        {
            return finish(with: bytes)
        }
        var total = 0
        var body = ByteBuffer()
        for index in 0..<count {
            guard let piece = isList ? PyList_GetItem(pieces, index) : PyTuple_GetItem(pieces, index) else { throw PythonRaised() }
            if count == 1 {
                body = try bytes(of: piece)
                total = body.readableBytes
                break
            }
            try Self.withPiece(piece) { bytes in
                total += bytes.count
                if total <= Self.joinLimit { body.writeBytes(bytes) }
            }
        }
        if count <= 1 || total <= Self.joinLimit { return finish(with: body) }
        announce(length: total)
        iterator = try PythonReference(PyObject_GetIter(pieces)).release()
        proceed()
    }

    /// Sends a response that is started, all there and small, and ends the request. On the loop.
    private func finish(with body: UnsafeRawBufferPointer) {
        var started = Response.ended
        swap(&started, &response)
        guard case .started(let head) = started else { return }
        do throws(ASGIError) {
            try exchange.send(status: head.status, headers: head.headers, whole: body)
        } catch {
            if error != .clientGone { return end(error) }
        }
        end(nil)
    }

    /// Sends a body that is all there, and ends the request.
    private func finish(with body: ByteBuffer) {
        do throws(WSGISendError) {
            switch response {
            case .complete, .gone:
                if body.readableBytes > 0 { _ = try send(body) }
                end(nil)
            default:
                let head = try takeHead()
                response = .ended
                if let channel {
                    flushErrors()
                    releaseContext()
                    return channel.finish(head?.parts, body)
                }
                _ = try sendOnLoop(head, body, more: false)
                end(nil)
            }
        } catch {
            end(error.reason)
        }
    }

    /// What the application has returned, if it is a file that need not be read, and nothing of the response was sent.
    private func file(in returned: PyPointer) -> FilePart? {
        guard cpython_is_exactly(returned, application.types.fileWrapper) != 0, case .started(let head) = response,
            let file = application.types.files.file(in: returned)
        else { return nil }
        guard let announced = head.contentLength else { return file }
        // Of one that is too short there is sent what there is.
        guard announced <= file.count else { return nil }
        file.shorten(to: announced)
        return file
    }

    /// Has a file sent as the whole body, and closes what the application has returned, which is not needed for that.
    private func finish(with file: FilePart) {
        do throws(WSGISendError) {
            let head = try takeHead()
            response = .complete
            if let channel {
                channel.sendLast(head?.parts, file)
            } else {
                do throws(ASGIError) {
                    try exchange.send(head?.parts, file)
                } catch {
                    if error != .clientGone { throw .refused(error) }
                }
            }
            close(nil)
        } catch {
            close(error.reason)
        }
    }

    /// Sends pieces until there are no more, or until the client has to take some first.
    private func proceed() {
        guard let iterator else { return }
        var empty = 0
        let turnEnd = MonotonicTime.coarseNow().advanced(by: Self.turnTime)
        // A thread of its own nobody waits for.
        var isTurnOver: Bool { channel == nil && (empty == Self.emptyPieces || MonotonicTime.coarseNow() >= turnEnd) }
        do throws(WSGISendError) {
            while !hasClientEnough {
                if case .gone = response { return close(nil) }
                guard let next = PyIter_Next(iterator) else {
                    if PyErr_Occurred() != nil { return close(failure()) }
                    break
                }
                let piece: ByteBuffer
                do throws(PythonRaised) {
                    let next = PythonReference(owning: next)
                    piece = try bytes(of: next.pointer)
                } catch {
                    return close(failure())
                }
                if piece.readableBytes == 0 {
                    empty += 1
                    if isTurnOver { return goOnLater() }
                    continue
                }
                switch try send(piece) {
                case .goOn: if isTurnOver { return goOnLater() }
                case .wait: return exchange.whenRoom { [self] in goOnLater() }
                case .end: return close(nil)
                }
            }
            try sendEnd()
            close(nil)
        } catch {
            close(error.reason)
        }
    }

    private func goOnLater() {
        exchange.later { [self] in application.resume(self) }
    }

    /// Whether more of the body would go nowhere: the head is sent, and the client takes nothing else.
    private var hasClientEnough: Bool {
        if isBodiless, case .sent = response { true } else { false }
    }

    // MARK: Sending

    /// Sends a piece that is not empty; the one that completes what was announced is the last.
    func send(_ piece: ByteBuffer) throws(WSGISendError) -> Sequel {
        switch response {
        case .gone: return .end
        case .complete: throw .longerThanAnnounced
        case .unstarted, .started, .sent, .ended: break
        }
        let head = try takeHead()
        let isLast = bodyLeft == piece.readableBytes
        if let left = bodyLeft { bodyLeft = left - piece.readableBytes }
        response = isLast ? .complete : .sent
        if let channel {
            if isLast {
                channel.sendLast(head?.parts, piece)
                return .goOn
            }
            do throws(ASGIError) {
                guard try channel.send(head?.parts, piece, more: true) else {
                    response = .gone
                    return .end
                }
                return .goOn
            } catch {
                throw .refused(error)
            }
        }
        return try sendOnLoop(head, piece, more: !isLast)
    }

    private func sendEnd() throws(WSGISendError) {
        switch response {
        case .complete, .gone: return
        case .unstarted, .started, .sent, .ended: break
        }
        let head = try takeHead()
        response = .complete
        if let channel { return channel.sendLast(head?.parts, ByteBuffer()) }
        _ = try sendOnLoop(head, ByteBuffer(), more: false)
    }

    private func sendOnLoop(_ head: WSGIHead?, _ piece: ByteBuffer, more: Bool) throws(WSGISendError) -> Sequel {
        do throws(ASGIError) {
            if let head { _ = try exchange.send(.httpResponseStart(status: head.status, headers: head.headers)) }
            let hasRoom = try exchange.send(.httpResponseBody(piece, more: more))
            guard more else { return .goOn }
            if exchange.isAbandoned {
                response = .gone
                return .end
            }
            return hasRoom ? .goOn : .wait
        } catch {
            guard error == .clientGone else { throw .refused(error) }
            response = .gone
            return .end
        }
    }

    /// The head if it is to be sent; nil if it was.
    private func takeHead() throws(WSGISendError) -> WSGIHead? {
        switch response {
        case .unstarted: throw .notStarted
        case .started(let head): return head
        case .sent, .complete, .gone, .ended: return nil
        }
    }

    /// Adds `content-length` where the body's length is known and the application did not say it.
    private func announce(length: Int) {
        guard case .started(let head) = response, head.contentLength == nil, !head.isBodiless else { return }
        var headers = head.headers
        headers.append(name: "content-length", value: "\(length)")
        response = .started(WSGIHead(status: head.status, headers: headers, contentLength: length))
        if !isBodiless { bodyLeft = length }
    }

    // MARK: Ending

    /// Closes what the application has returned, and ends the request.
    private func close(_ error: (any Error)?) {
        response = .ended
        let (result, iterator) = (self.result, self.iterator)
        self.result = nil
        self.iterator = nil
        var error = error
        if let result, let closing = closeFailure(result) {
            if error == nil { error = closing } else { exchange.report(closing) }
        }
        Py_DecRef(iterator)
        Py_DecRef(result)
        end(error)
    }

    /// Calls `close` if there is one; what it has raised.
    private func closeFailure(_ result: PyPointer) -> (any Error)? {
        guard let method = PyObject_GetAttr(result, application.types.close) else {
            guard let missing = cpython_objects().pointee.attribute_error, PyErr_ExceptionMatches(missing) != 0 else { return failure() }
            PyErr_Clear()
            return nil
        }
        defer { Py_DecRef(method) }
        guard let returned = cpython_call0(method) else { return failure() }
        Py_DecRef(returned)
        return nil
    }

    private func end(_ error: (any Error)?) {
        response = .ended
        flushErrors()
        releaseContext()
        if let channel { channel.end(error) } else { exchange.end(error) }
    }

    func flushErrors() {
        if hasErrors { errors.flush() }
    }

    private func releaseContext() {
        Py_DecRef(context)
        context = nil
    }

    /// What the application has raised; that it passes on that its client is gone is no failure of its own.
    private func failure() -> any Error {
        if hasToldGone || input?.isCut ?? false, let type = cpython_objects().pointee.os_error, PyErr_ExceptionMatches(type) != 0 {
            PyErr_Clear()
            return CancellationError()
        }
        return PythonFailure.taken()
    }

    // MARK: Pieces

    private static func withPiece<Result>(_ piece: PyPointer, _ body: (UnsafeRawBufferPointer) -> Result) throws(PythonRaised) -> Result {
        guard let type = cpython_objects().pointee.bytes_type, cpython_is_instance(piece, type) != 0 else {
            throw raise(cpython_objects().pointee.type_error, "a piece of the response's body is of type \(PythonText.typeName(of: piece) ?? "?"), and not bytes")
        }
        var start: UnsafeMutablePointer<CChar>?
        var count = 0
        guard PyBytes_AsStringAndSize(piece, &start, &count) == 0 else { throw PythonRaised() }
        return body(UnsafeRawBufferPointer(start: start, count: count))
    }

    func bytes(of piece: PyPointer) throws(PythonRaised) -> ByteBuffer {
        try Self.withPiece(piece, application.bodies.buffer)
    }
}
