import CPython
import HTTPWire
import NIOCore
import Roost
import RoostHost

/// A WSGI application in Python (PEP 3333).
///
/// With one thread it runs on the thread that drives the server and holds the GIL then. A request whose body is large, or is sent only when it
/// is asked for, gets a thread to wait on, but the application still runs on one of them at a time. With several threads it runs on those alone,
/// and the thread that drives the server needs no GIL.
///
/// `@unchecked Sendable`: the `let`s are immutable, or used by threads that hold the GIL; `depth` is touched by the one that drives the server.
final class WSGIApplication: ApplicationRunner, @unchecked Sendable {
    /// Bodies of up to this many bytes are in memory before the application is called.
    private static let memoryLimit = 64 << 10
    /// How many requests with large bodies may wait for their clients at once, if the application has one thread.
    private static let waitingThreads = 32

    /// The application: `application(environ, start_response)` returns an iterable.
    let callable: PyPointer
    let types: WSGITypes
    private let heads = WSGIHeads()
    let bodies = SmallBodies()
    private let environ: WSGIEnviron
    /// Whether the thread that drives the server must hold the GIL.
    let runsOnLoop: Bool
    var answersInRounds: Bool { runsOnLoop }
    private let pool: ThreadPool
    private let lock: any WorkLock
    private let turn = ApplicationTurn()
    /// How deep the driving thread is in Python's code: a request that comes in there waits for the end of the round.
    private var depth = 0

    init(_ module: ModuleState, _ callable: PyPointer, _ settings: WorkerSettings) throws(PythonRaised) {
        let threads = settings.config.wsgiThreads
        runsOnLoop = threads <= 1
        types = try WSGITypes.get()
        environ = try WSGIEnviron(module.interned, types, isMultithreaded: threads > 1, isMultiprocess: settings.config.isOneOfSeveral)
        lock = runsOnLoop ? TurnLock(turn: turn) : InterpreterLock()
        // The threads of the first kind take their turn for each request.
        pool = ThreadPool(size: runsOnLoop ? Self.waitingThreads : threads, lock: InterpreterLock())
        self.callable = returning(callable)
    }

    deinit {
        pool.stop()
        // On whatever thread this is.
        InterpreterLock().held { Py_DecRef(callable) }
    }

    /// On the loop, which may hold the GIL or not.
    func run(_ exchange: Exchange) {
        let head = exchange.head
        switch head.framing {
        case .none:
            start(exchange, nil, .here)
        case .length(let length) where length > Self.memoryLimit || head.expectsContinue:
            startOnThread(exchange, nil, .ahead)
        case .chunked where head.expectsContinue:
            startOnThread(exchange, nil, .ahead)
        case .length, .chunked:
            gather(exchange, GatheredBody())
        }
    }

    /// Waits on the loop until a small body has come whole, so that nobody's thread waits for it.
    private func gather(_ exchange: Exchange, _ body: GatheredBody) {
        exchange.whenEvent { [self] event in
            guard case .success(.httpRequest(let piece, let more)) = event else {
                return exchange.inNextRound { [self] in start(exchange, body.bytes, .cut) }
            }
            body.append(piece)
            if !more {
                guard body.isLate else { return start(exchange, body.bytes, .here) }
                // The connection is about to tell more of what has come.
                exchange.inNextRound { [self] in start(exchange, body.bytes, .here) }
            } else if body.bytes.readableBytes > Self.memoryLimit {
                startOnThread(exchange, body.bytes, .ahead)
            } else {
                gather(exchange, body)
            }
        }
        body.isLate = true
    }

    /// - Parameter body: what has come of it; nil for nothing.
    private func start(_ exchange: Exchange, _ body: ByteBuffer?, _ ending: WSGIInput.Ending) {
        guard runsOnLoop else { return startOnThread(exchange, body, ending) }
        guard enter() else { return postpone(exchange) { [self] in start(exchange, body, ending) } }
        serve(exchange, body, ending, on: nil)
        leave()
    }

    private func startOnThread(_ exchange: Exchange, _ body: ByteBuffer?, _ ending: WSGIInput.Ending) {
        do {
            try pool.submit { [self] in
                // The lock of the pool's threads is the GIL, which is not held while a turn is waited for.
                if runsOnLoop { InterpreterLock().released { turn.take() } }
                serve(exchange, body, ending, on: WSGIChannel(exchange, lock: lock))
                if runsOnLoop { turn.give() }
            }
        } catch {
            exchange.end(error)
        }
    }

    /// Runs a request: from its beginning to its end with a channel, without one up to where it waits for its client.
    private func serve(_ exchange: Exchange, _ body: ByteBuffer?, _ ending: WSGIInput.Ending, on channel: WSGIChannel?) {
        let input: WSGIInputObject?
        if case .here = ending, body?.readableBytes ?? 0 == 0 {
            input = nil
        } else {
            input = WSGIInputObject(WSGIInput(WSGIChannel(exchange, lock: lock), first: body ?? ByteBuffer(), ending))
        }
        do throws(PythonRaised) {
            let object = try types.request.make(WSGIRequest(exchange, self, channel, input))
            HeapType.with(object.pointer, WSGIRequest.self) { $0.serve(object.pointer) }
        } catch {
            let failure = PythonFailure.taken()
            if let channel { channel.end(failure) } else { exchange.end(failure) }
        }
    }

    // The parts of an application that each request needs are used here: called from outside, they would have to be retained for each call.

    /// Reads what the application has given to `start_response`.
    ///
    /// - Throws: `PythonRaised` with an exception that says what is wrong.
    @inline(never)
    func head(status: PyPointer, headers: PyPointer) throws(PythonRaised) -> WSGIHead {
        try heads.head(status: status, headers: headers)
    }

    /// Makes the `environ` of a request, as `WSGIEnviron.make` does.
    @inline(never)
    func makeEnviron(for exchange: Exchange, input: PyPointer?, errors: PyPointer) throws(PythonRaised) -> PythonReference {
        try environ.make(for: exchange, input: input, errors: errors)
    }

    /// Lets a request go on whose client has taken what was sent. On the loop's thread.
    func resume(_ request: WSGIRequest) {
        guard enter() else { return postpone(request.exchange) { [self] in resume(request) } }
        request.resume()
        leave()
    }

    private func enter() -> Bool {
        guard depth == 0, turn.takeIfFree() else { return false }
        depth += 1
        return true
    }

    private func leave() {
        depth -= 1
        turn.give()
    }

    private func postpone(_ exchange: Exchange, _ again: @escaping @Sendable () -> Void) {
        if depth > 0 { exchange.inNextRound(again) } else { turn.whenFree { exchange.later(again) } }
    }
}

/// A small body on its way into memory.
///
/// `@unchecked Sendable`: it is touched on its exchange's loop, and then by nobody.
private final class GatheredBody: @unchecked Sendable {
    private(set) var bytes = ByteBuffer()
    /// Whether it was not all there at once.
    var isLate = false

    func append(_ piece: ByteBuffer) {
        if bytes.readableBytes == 0 { bytes = piece } else { bytes.writeImmutableBuffer(piece) }
    }
}
