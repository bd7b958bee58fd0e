import Synchronization

extension ThrowingTaskGroup where ChildTaskResult == Void, Failure == any Error {
    /// Adds a task and waits until it calls `started` on the status it is given; trio's `nursery.start`.
    ///
    /// ```swift
    /// try await withThrowingTaskGroup(of: Void.self) { nursery in
    ///     let binds = try await nursery.start { status in
    ///         try await serve(app, config, taskStatus: status)
    ///     }
    ///     …
    ///     nursery.cancelAll()
    /// }
    /// ```
    /// - Returns: what `started` was given. The task goes on in the group.
    /// - Throws: what `operation` threw before it had started (the group does not see that error too), or
    ///   `TaskStatusError.endedWithoutStarting`.
    public mutating func start<Value: Sendable>(
        _ operation: @escaping @Sendable (TaskStatus<Value>) async throws -> Void
    ) async throws -> Value {
        let outcome = StartOutcome<Value>()
        addTask { try await outcome.run(operation) }
        return try await outcome.value
    }
}

extension ThrowingDiscardingTaskGroup where Failure == any Error {
    /// Adds a task and waits until it calls `started` on the status it is given; trio's `nursery.start`.
    ///
    /// - Returns: what `started` was given. The task goes on in the group.
    /// - Throws: what `operation` threw before it had started (the group does not see that error too), or
    ///   `TaskStatusError.endedWithoutStarting`.
    public mutating func start<Value: Sendable>(
        _ operation: @escaping @Sendable (TaskStatus<Value>) async throws -> Void
    ) async throws -> Value {
        let outcome = StartOutcome<Value>()
        addTask { try await outcome.run(operation) }
        return try await outcome.value
    }
}

/// What became of an attempt to start: the first of a value, an error, or an end without either.
private final class StartOutcome<Value: Sendable>: Sendable {
    private enum State {
        case pending
        case waiting(CheckedContinuation<Value, any Error>)
        case settled(Result<Value, any Error>)
    }

    private let state = Mutex(State.pending)

    var value: Value {
        get async throws {
            try await withCheckedThrowingContinuation { continuation in
                let result: Result<Value, any Error>? = state.withLock { state in
                    if case .settled(let result) = state { return result }
                    state = .waiting(continuation)
                    return nil
                }
                if let result { continuation.resume(with: result) }
            }
        }
    }

    /// Runs `operation`; an error after it has started is the group's, one before is the starter's.
    func run(_ operation: @Sendable (TaskStatus<Value>) async throws -> Void) async throws {
        let status = TaskStatus<Value> { self.settle(.success($0)) }
        do {
            try await operation(status)
            settle(.failure(TaskStatusError.endedWithoutStarting))
        } catch {
            if !settle(.failure(error)) { throw error }
        }
    }

    /// False if it was settled before.
    @discardableResult
    private func settle(_ result: Result<Value, any Error>) -> Bool {
        let (isFirst, waiter) = state.withLock { state -> (Bool, CheckedContinuation<Value, any Error>?) in
            switch state {
            case .settled: return (false, nil)
            case .pending:
                state = .settled(result)
                return (true, nil)
            case .waiting(let continuation):
                state = .settled(result)
                return (true, continuation)
            }
        }
        waiter?.resume(with: result)
        return isFirst
    }
}
