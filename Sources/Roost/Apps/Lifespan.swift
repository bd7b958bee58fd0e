import Logging
import Synchronization

/// Runs an application's lifespan call: one task, from before the first request until after the last.
final class Lifespan: Sendable {
    /// What the application has been told and has answered.
    private enum Phase {
        /// The call has begun; `startup` has not been asked for.
        case begun
        /// `startup` was delivered and is not answered.
        case starting
        /// `startup` is answered.
        case running
        /// `shutdown` may be delivered, or was, and is not answered.
        case stopping(delivered: Bool)
        /// Nothing more is to come: both are answered, or the call has ended.
        case over
    }

    private enum Outcome {
        case complete
        /// The application has no lifespan of its own.
        case unsupported
        case failed(LifespanError)
    }

    private struct State {
        var phase = Phase.begun
        var outcome: Outcome?
        /// Called with nil if the wait is given up.
        var outcomeWaiter: (@Sendable (Outcome?) -> Void)?
        var shutdownWaiters: [UnsafeContinuation<ASGIReceiveEvent, any Error>] = []
        var task: Task<Void, Never>?
        var isSupported = true

        /// Takes note of a stage's outcome; the caller runs what is returned when it has let go of the lock.
        mutating func settle(_ outcome: Outcome) -> (@Sendable () -> Void)? {
            guard self.outcome == nil else { return nil }
            self.outcome = outcome
            guard let waiter = outcomeWaiter else { return nil }
            outcomeWaiter = nil
            return { waiter(outcome) }
        }
    }

    private let application: ASGIFramework
    private let policy: LifespanPolicy
    private let logger: Logger
    private let state = Mutex(State())
    /// What the application puts into its scope's state.
    let values: LifespanState

    init(_ application: @escaping ASGIFramework, policy: LifespanPolicy, logger: Logger, values: LifespanState = LifespanState()) {
        self.application = application
        self.values = values
        self.policy = policy
        self.logger = logger
    }

    /// Starts the call, on Swift's global pool, and waits for the startup's answer, for cancellation, or for `timeout`.
    func startUp(timeout: Duration?) async throws {
        guard policy != .off else { return }
        let task = Task {
            do {
                try await self.application(
                    .lifespan(LifespanScope(state: self.values)),
                    ASGIReceive { try await self.receive() },
                    ASGISend { try self.send($0) }
                )
                self.ended(nil)
            } catch {
                self.ended(error)
            }
        }
        state.withLock { $0.task = task }
        switch await outcome(stage: .startup, timeout: timeout) {
        case .complete: return
        case .unsupported: logger.info("the application has no lifespan; serving without")
        case .failed(let error):
            task.cancel()
            throw error
        case nil:
            task.cancel()
            throw CancellationError()
        }
    }

    /// Tells the application to shut down and waits for its answer, for cancellation, or for `timeout`.
    func shutDown(timeout: Duration?) async throws {
        let waiters: [UnsafeContinuation<ASGIReceiveEvent, any Error>]? = state.withLock { state in
            guard case .running = state.phase, state.isSupported else { return nil }
            state.outcome = nil
            state.phase = .stopping(delivered: !state.shutdownWaiters.isEmpty)
            defer { state.shutdownWaiters = [] }
            return state.shutdownWaiters
        }
        guard let waiters else { return }
        for waiter in waiters { waiter.resume(returning: .lifespanShutdown) }
        switch await outcome(stage: .shutdown, timeout: timeout) {
        case .complete, .unsupported: return
        case .failed(let error):
            state.withLock { $0.task }?.cancel()
            throw error
        case nil:
            state.withLock { $0.task }?.cancel()
            throw CancellationError()
        }
    }

    // MARK: The application's side

    private func receive() async throws -> ASGIReceiveEvent {
        try await withTaskCancellationHandler {
            try await withUnsafeThrowingContinuation { continuation in
                let answer: Result<ASGIReceiveEvent, any Error>? = state.withLock { state in
                    switch state.phase {
                    case .begun:
                        state.phase = .starting
                        return .success(.lifespanStartup)
                    case .stopping(delivered: false):
                        state.phase = .stopping(delivered: true)
                        return .success(.lifespanShutdown)
                    case .over:
                        return .failure(ASGIError.unexpectedEvent("no lifespan event is left to receive"))
                    case .starting, .running, .stopping:
                        if Task.isCancelled { return .failure(CancellationError()) }
                        state.shutdownWaiters.append(continuation)
                        return nil
                    }
                }
                if let answer { continuation.resume(with: answer) }
            }
        } onCancel: {
            let waiters = state.withLock { state in
                defer { state.shutdownWaiters = [] }
                return state.shutdownWaiters
            }
            for waiter in waiters { waiter.resume(throwing: CancellationError()) }
        }
    }

    private func send(_ event: ASGISendEvent) throws {
        let waiter: (@Sendable () -> Void)? = try state.withLock { state in
            switch (event, state.phase) {
            case (.lifespanStartupComplete, .begun), (.lifespanStartupComplete, .starting):
                state.phase = .running
                return state.settle(.complete)
            case (.lifespanStartupFailed(let message), .begun), (.lifespanStartupFailed(let message), .starting):
                state.phase = .over
                return state.settle(.failed(.failed(.startup, message: message)))
            case (.lifespanShutdownComplete, .stopping):
                state.phase = .over
                return state.settle(.complete)
            case (.lifespanShutdownFailed(let message), .stopping):
                state.phase = .over
                return state.settle(.failed(.failed(.shutdown, message: message)))
            case (.lifespanStartupComplete, _), (.lifespanStartupFailed, _), (.lifespanShutdownComplete, _), (.lifespanShutdownFailed, _):
                throw ASGIError.unexpectedEvent("a lifespan answer was sent that was not asked for")
            case (.httpResponseStart, _), (.httpResponseBody, _), (.httpResponsePathsend, _), (.httpResponseZerocopysend, _), (.httpResponseTrailers, _),
                (.httpResponseEarlyHint, _):
                throw ASGIError.unexpectedEvent("an http event was sent in a lifespan scope")
            case (.websocketAccept, _), (.websocketSend, _), (.websocketClose, _), (.websocketHTTPResponseStart, _), (.websocketHTTPResponseBody, _):
                throw ASGIError.unexpectedEvent("a websocket event was sent in a lifespan scope")
            }
        }
        waiter?()
    }

    private func ended(_ error: (any Error)?) {
        let waiter: (@Sendable () -> Void)? = state.withLock { state in
            defer {
                state.phase = .over
                state.task = nil
            }
            switch state.phase {
            case .begun:
                state.isSupported = false
                // It never asked for an event: it does not know lifespans. One that returns need not care for them either.
                if let error, policy == .on { return state.settle(.failed(.threw(.startup, error))) }
                return state.settle(.unsupported)
            case .starting:
                return state.settle(.failed(error.map { .threw(.startup, $0) } ?? .returnedEarly(.startup)))
            case .running:
                // It left without waiting for the shutdown; a reason to note, none to stop serving.
                if let error { logger.error("the application's lifespan call ended with an error: \(error)") }
                return nil
            case .stopping:
                return state.settle(.failed(error.map { .threw(.shutdown, $0) } ?? .returnedEarly(.shutdown)))
            case .over:
                return nil
            }
        }
        waiter?()
    }

    // MARK: Waiting

    /// The stage's outcome; nil if the calling task is cancelled first.
    private func outcome(stage: LifespanError.Stage, timeout: Duration?) async -> Outcome? {
        await withTaskGroup(of: Outcome?.self) { group in
            group.addTask {
                await withTaskCancellationHandler {
                    await withCheckedContinuation { continuation in self.whenSettled { continuation.resume(returning: $0) } }
                } onCancel: {
                    self.stopWaiting()
                }
            }
            if let timeout {
                group.addTask {
                    do {
                        try await Task.sleep(for: timeout)
                        return .failed(.timedOut(stage, after: timeout))
                    } catch {
                        return nil
                    }
                }
            }
            defer { group.cancelAll() }
            return await group.next() ?? nil
        }
    }

    private func whenSettled(_ waiter: @escaping @Sendable (Outcome?) -> Void) {
        let outcome: Outcome?? = state.withLock { state in
            if let outcome = state.outcome { return .some(outcome) }
            if Task.isCancelled { return .some(nil) }
            state.outcomeWaiter = waiter
            return .none
        }
        if let outcome { waiter(outcome) }
    }

    private func stopWaiting() {
        let waiter = state.withLock { state in
            defer { state.outcomeWaiter = nil }
            return state.outcomeWaiter
        }
        waiter?(nil)
    }
}
