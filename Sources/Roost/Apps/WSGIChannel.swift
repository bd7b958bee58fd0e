import HTTPWire
import NIOCore

/// An exchange as a thread sees it that may block: each call crosses to the exchange's loop and waits for the answer.
///
/// Used by one thread, that which runs the application.
package final class WSGIChannel {
    /// What the loop answers.
    private enum Answer: Sendable {
        case event(ASGIReceiveEvent)
        /// The piece was taken; whether anybody is still there to read it.
        case sent(isWanted: Bool)
        case failed(ASGIError)
    }

    /// Status and fields that precede the first piece.
    package typealias Head = (status: Int, headers: Headers)

    let exchange: Exchange
    private let lock: (any WorkLock)?
    private lazy var answer = Monitor<Answer?>(nil)
    /// What came of `sendLast`; nil if it was not called.
    private var lastPiece: LastPiece?

    /// - Parameter lock: what the thread holds, and lets go of while it waits.
    package init(_ exchange: Exchange, lock: (any WorkLock)? = nil) {
        self.exchange = exchange
        self.lock = lock
    }

    /// Waits for the next event of the request.
    func receive() -> ASGIReceiveEvent {
        let (exchange, answer) = (exchange, answer)
        exchange.loop.execute {
            exchange.whenEvent { answer.give(.event((try? $0.get()) ?? .httpDisconnect)) }
        }
        if case .event(let event) = takeAnswer() { return event }
        return .httpDisconnect
    }

    /// Sends a piece of the response and waits until there is room for the next; false if the client is gone.
    ///
    /// - Parameter head: status and fields, with the first piece.
    package func send(_ head: Head?, _ piece: ByteBuffer, more: Bool) throws(ASGIError) -> Bool {
        let (exchange, answer) = (exchange, answer)
        exchange.loop.execute {
            // A client that left before all was sent; that which has the whole response is gone too, and rightly.
            let wasWanted = !exchange.isAbandoned
            do throws(ASGIError) {
                if try exchange.send(head, piece, more: more) {
                    answer.give(.sent(isWanted: more ? !exchange.isAbandoned : wasWanted))
                } else {
                    exchange.whenRoom { answer.give(.sent(isWanted: !exchange.isAbandoned)) }
                }
            } catch {
                answer.give(error == .clientGone ? .sent(isWanted: false) : .failed(error))
            }
        }
        switch takeAnswer() {
        case .sent(let isWanted): return isWanted
        case .failed(let error): throw error
        case .event: return false
        }
    }

    /// Sends the last piece without waiting for it; `end` reports what goes wrong with it.
    package func sendLast(_ head: Head?, _ piece: ByteBuffer) {
        sendLast { exchange throws(ASGIError) in _ = try exchange.send(head, piece, more: false) }
    }

    /// Sends a file as the whole body, in the same way.
    package func sendLast(_ head: Head?, _ file: FilePart) {
        sendLast { exchange throws(ASGIError) in try exchange.send(head, file) }
    }

    private func sendLast(_ send: @escaping @Sendable (Exchange) throws(ASGIError) -> Void) {
        let (exchange, lastPiece) = (exchange, LastPiece())
        self.lastPiece = lastPiece
        exchange.loop.execute {
            do throws(ASGIError) {
                try send(exchange)
            } catch {
                lastPiece.error = error
            }
        }
    }

    /// Sends the last piece and ends the exchange, without waiting for either.
    package func finish(_ head: Head?, _ piece: ByteBuffer) {
        let exchange = exchange
        exchange.loop.execute {
            do throws(ASGIError) {
                _ = try exchange.send(head, piece, more: false)
                exchange.end(nil)
            } catch {
                exchange.end(error)
            }
        }
    }

    /// Ends the exchange: the application is done, or has failed.
    package func end(_ error: (any Error)?) {
        let (exchange, lastPiece) = (exchange, lastPiece)
        exchange.loop.execute { exchange.end(error ?? lastPiece?.error) }
    }

    private func takeAnswer() -> Answer {
        guard let lock else { return answer.take() }
        var taken: Answer?
        lock.released { taken = answer.take() }
        return taken ?? .sent(isWanted: false)
    }
}

/// What came of a piece that nobody waited for.
///
/// `@unchecked Sendable`: it is touched on its exchange's loop only.
private final class LastPiece: @unchecked Sendable {
    var error: ASGIError?
}

extension Exchange {
    /// Sends the head, if it is given, and a piece behind it; false if the application should wait for room.
    fileprivate func send(_ head: WSGIChannel.Head?, _ piece: ByteBuffer, more: Bool) throws(ASGIError) -> Bool {
        if let head { _ = try send(.httpResponseStart(status: head.status, headers: head.headers)) }
        return try send(.httpResponseBody(piece, more: more))
    }

    /// Sends the head, if it is given, and a file as the whole body.
    package func send(_ head: WSGIChannel.Head?, _ file: FilePart) throws(ASGIError) {
        if let head { _ = try send(.httpResponseStart(status: head.status, headers: head.headers)) }
        try send(file)
    }
}

extension Monitor {
    /// Hands a value to the thread that waits in `take`.
    fileprivate func give<Wrapped>(_ given: Wrapped) where Value == Wrapped? {
        withLock { $0 = given }
        wakeOne()
    }

    /// Waits for a value, and takes it.
    fileprivate func take<Wrapped>() -> Wrapped where Value == Wrapped? {
        wait { value in
            defer { value = nil }
            return value
        }
    }
}
