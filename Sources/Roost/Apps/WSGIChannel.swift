import HTTPWire
import NIOCore

/// An exchange as a thread sees it that may block: each call crosses to the exchange's loop and waits for the answer.
///
/// Used by one thread, that which runs the application.
final class WSGIChannel {
    /// What the loop answers.
    private enum Answer: Sendable {
        case event(ASGIReceiveEvent)
        /// The piece was taken; whether anybody is still there to read it.
        case sent(isWanted: Bool)
        case failed(ASGIError)
    }

    /// Status and fields that precede the first piece.
    typealias Head = (status: Int, headers: Headers)

    let exchange: Exchange
    private lazy var answer = Monitor<Answer?>(nil)

    init(_ exchange: Exchange) {
        self.exchange = exchange
    }

    /// Waits for the next event of the request.
    func receive() -> ASGIReceiveEvent {
        let (exchange, answer) = (exchange, answer)
        exchange.loop.execute {
            exchange.whenEvent { answer.give(.event((try? $0.get()) ?? .httpDisconnect)) }
        }
        if case .event(let event) = answer.take() { return event }
        return .httpDisconnect
    }

    /// Sends a piece of the response and waits until there is room for the next; false if the client is gone.
    ///
    /// - Parameter head: status and fields, with the first piece.
    func send(_ head: Head?, _ piece: ByteBuffer, more: Bool) throws(ASGIError) -> Bool {
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
        switch answer.take() {
        case .sent(let isWanted): return isWanted
        case .failed(let error): throw error
        case .event: return false
        }
    }

    /// Sends the last piece and ends the exchange, without waiting for either.
    func finish(_ head: Head?, _ piece: ByteBuffer) {
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
    func end(_ error: (any Error)?) {
        let exchange = exchange
        exchange.loop.execute { exchange.end(error) }
    }
}

extension Exchange {
    /// Sends the head, if it is given, and a piece behind it; false if the application should wait for room.
    fileprivate func send(_ head: WSGIChannel.Head?, _ piece: ByteBuffer, more: Bool) throws(ASGIError) -> Bool {
        if let head { _ = try send(.httpResponseStart(status: head.status, headers: head.headers)) }
        return try send(.httpResponseBody(piece, more: more))
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
