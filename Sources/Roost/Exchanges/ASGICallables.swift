/// Gives an application the next event of its call; ASGI's `receive`.
public struct ASGIReceive: Sendable {
    private enum Source: Sendable {
        case exchange(Exchange)
        case closure(@Sendable () async throws -> ASGIReceiveEvent)
    }

    private let source: Source

    /// A `receive` of one's own, for middleware and tests.
    public init(_ receive: @escaping @Sendable () async throws -> ASGIReceiveEvent) {
        source = .closure(receive)
    }

    init(_ exchange: Exchange) {
        source = .exchange(exchange)
    }

    /// The next event; waits until there is one.
    ///
    /// - Throws: `CancellationError` if the task is cancelled while it waits.
    public nonisolated(nonsending) func callAsFunction() async throws -> ASGIReceiveEvent {
        switch source {
        case .exchange(let exchange):
            if exchange.loop.isCurrent, let event = exchange.immediateEvent() { return event }
            return try await Self.wait(for: exchange)
        case .closure(let receive):
            return try await receive()
        }
    }

    @inline(never)
    private nonisolated(nonsending) static func wait(for exchange: Exchange) async throws -> ASGIReceiveEvent {
        let wait = EventWait()
        return try await withTaskCancellationHandler {
            try await withUnsafeThrowingContinuation { continuation in
                exchange.loop.execute {
                    exchange.whenEvent(wait) { continuation.resume(with: $0.mapError { $0 as any Error }) }
                }
            }
        } onCancel: {
            exchange.loop.execute { exchange.cancelWait(wait) }
        }
    }
}

/// Takes the events of an application's answer; ASGI's `send`.
public struct ASGISend: Sendable {
    private enum Target: Sendable {
        case exchange(Exchange)
        case closure(@Sendable (ASGISendEvent) async throws -> Void)
    }

    private let target: Target

    /// A `send` of one's own, for middleware and tests.
    public init(_ send: @escaping @Sendable (ASGISendEvent) async throws -> Void) {
        target = .closure(send)
    }

    init(_ exchange: Exchange) {
        target = .exchange(exchange)
    }

    /// Sends `event`; waits while the client is slower than the application.
    ///
    /// Once the client is gone this does nothing, for as long as `Config.disconnectGrace`; then it throws.
    /// - Throws: `ASGIError` for an event that may not be sent now, or that cannot be put on the wire.
    public nonisolated(nonsending) func callAsFunction(_ event: ASGISendEvent) async throws {
        switch target {
        case .exchange(let exchange):
            if exchange.loop.isCurrent {
                if try exchange.send(event) { return }
                await Self.waitForRoom(in: exchange)
            } else {
                try await Self.sendFromElsewhere(event, to: exchange)
            }
        case .closure(let send):
            try await send(event)
        }
    }

    /// Sends a part of a file as `.httpResponseZerocopysend` does, but needs no second descriptor to keep it open.
    nonisolated(nonsending) func callAsFunction(_ file: OpenFile, _ part: Range<Int>, more: Bool = false) async throws {
        if case .exchange(let exchange) = target, exchange.loop.isCurrent {
            if try exchange.send(FilePart(of: file, from: part.lowerBound, count: part.count), more: more) { return }
            await Self.waitForRoom(in: exchange)
        } else {
            try await self(.httpResponseZerocopysend(file: file.descriptor, offset: part.lowerBound, count: part.count, more: more))
            withExtendedLifetime(file) {}
        }
    }

    @inline(never)
    private nonisolated(nonsending) static func waitForRoom(in exchange: Exchange) async {
        await withUnsafeContinuation { continuation in
            exchange.loop.execute { exchange.whenRoom { continuation.resume() } }
        }
    }

    @inline(never)
    private nonisolated(nonsending) static func sendFromElsewhere(_ event: ASGISendEvent, to exchange: Exchange) async throws {
        try await withUnsafeThrowingContinuation { (continuation: UnsafeContinuation<Void, any Error>) in
            exchange.loop.execute {
                do {
                    if try exchange.send(event) {
                        continuation.resume()
                    } else {
                        exchange.whenRoom { continuation.resume() }
                    }
                } catch {
                    continuation.resume(throwing: error)
                }
            }
        }
    }
}

/// An event that an application may not send, or not now.
public enum ASGIError: Error, Equatable, CustomStringConvertible {
    /// The event does not fit what was sent before.
    case unexpectedEvent(String)
    /// The response's head cannot be put on the wire.
    case invalidResponse(String)
    /// More body was sent than `content-length` announced.
    case bodyTooLong(announced: Int)
    /// The file cannot be opened, or is none that can be sent. `code` is as in errno(3); EINVAL stands for a path that is not absolute and for
    /// what is no regular file. Of a file without a path it is `descriptor N`.
    case unsendableFile(path: String, code: Int32, reason: String)
    /// The client is gone, and the time that an application has to notice is over.
    case clientGone

    public var description: String {
        switch self {
        case .unexpectedEvent(let reason): "unexpected ASGI event: \(reason)"
        case .invalidResponse(let reason): "invalid response: \(reason)"
        case .bodyTooLong(let announced): "the response's body is longer than the content-length of \(announced) that was announced"
        case .unsendableFile(let path, _, let reason): "the file \(path) cannot be sent: \(reason)"
        case .clientGone: "the client is gone"
        }
    }
}
