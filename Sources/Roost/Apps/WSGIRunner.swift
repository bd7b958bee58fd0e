import HTTPWire
import NIOCore

/// Runs a WSGI application on a thread of a pool for each request; requests beyond the threads wait their turn.
struct WSGIRunner: ApplicationRunner {
    let application: WSGIFramework
    let threads: ThreadPool
    /// What `wsgi.multithread` says.
    let isMultithreaded: Bool
    /// What `wsgi.multiprocess` says.
    let isMultiprocess: Bool

    func run(_ exchange: Exchange) {
        do {
            if let trace = exchange.trace {
                try threads.submit { trace.asCurrent { serve(exchange) } }
            } else {
                try threads.submit { serve(exchange) }
            }
        } catch {
            exchange.end(error)
        }
    }

    /// On the pool's thread.
    private func serve(_ exchange: Exchange) {
        let channel = WSGIChannel(exchange)
        let response = WSGIResponse(channel)
        let errors = WSGIErrors(exchange)
        let environment = WSGIEnvironment(
            HTTPScope(exchange),
            input: WSGIInput(channel),
            errors: errors,
            multithread: isMultithreaded,
            multiprocess: isMultiprocess
        )
        defer { errors.flush() }
        let body: WSGIBody
        do {
            body = try application(environment, StartResponse(response))
        } catch {
            return channel.end(failure(error))
        }
        if body.close == nil, let last = body.onlyPiece {
            // Nothing is left to do for this thread: it need not wait for the loop.
            do {
                try response.finishAndEnd(with: last)
            } catch {
                channel.end(failure(error))
            }
        } else {
            channel.end(send(body, to: response, of: exchange))
        }
    }

    /// Sends the body and closes it; returns what went wrong.
    private func send(_ body: WSGIBody, to response: WSGIResponse, of exchange: Exchange) -> (any Error)? {
        var error: (any Error)?
        do {
            try response.send(body)
        } catch let thrown {
            error = failure(thrown)
        }
        do {
            try body.close?()
        } catch let thrown {
            guard error != nil else { return failure(thrown) }
            exchange.shared.logger.error("application failed: closing its body threw: \(thrown)", metadata: exchange.metadata)
        }
        return error
    }

    /// A client that went away is no failure of the application's.
    private func failure(_ error: any Error) -> (any Error)? {
        if case WSGIError.disconnected = error { nil } else { error }
    }
}

extension WSGIBody {
    /// Up to this many bytes, the pieces of a body that is all there are sent as one.
    private static let joinLimit = 64 << 10

    /// The whole body as one piece, if it is all there and one piece or small.
    fileprivate var onlyPiece: ByteBuffer? {
        guard case .whole(let pieces) = content else { return nil }
        if pieces.count == 1 { return pieces[0] }
        guard length(of: pieces) <= Self.joinLimit else { return nil }
        var joined = ByteBuffer()
        for piece in pieces { joined.writeImmutableBuffer(piece) }
        return joined
    }

    fileprivate func length(of pieces: [ByteBuffer]) -> Int {
        pieces.reduce(0) { $0 + $1.readableBytes }
    }
}

extension WSGIResponse {
    fileprivate func send(_ body: WSGIBody) throws {
        if let piece = body.onlyPiece { return try finish(with: piece) }
        switch body.content {
        case .whole(let pieces):
            announce(length: body.length(of: pieces))
            for piece in pieces where !hasClientEnough { try write(piece) }
        case .lazy(let next):
            while !hasClientEnough, let piece = try next() { try write(piece) }
        }
        try finish()
    }

    /// Whether more of the body would go nowhere: the head is sent, and the client takes nothing else.
    private var hasClientEnough: Bool { isBodiless && isSent }
}
