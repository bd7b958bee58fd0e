import Synchronization

/// How a long-running function tells its caller, once, that it has started; trio's `task_status`.
///
/// A function that takes a `TaskStatus` calls `started` exactly once, when it is ready to be used; a caller that does
/// not want to know passes `.ignored`. Source: trio's reference, `trio.Nursery.start`.
public struct TaskStatus<Value: Sendable>: Sendable {
    /// Nil for `.ignored`.
    private let signal: StartSignal<Value>?

    /// A status that nobody waits for.
    public static var ignored: TaskStatus { TaskStatus(signal: nil) }

    /// A status that calls `onStarted` with the value given to `started`.
    public init(onStarted: @escaping @Sendable (Value) -> Void) {
        signal = StartSignal(onStarted)
    }

    private init(signal: StartSignal<Value>?) {
        self.signal = signal
    }

    /// Says that the function has started.
    ///
    /// - Throws: `TaskStatusError.startedTwice` on every call after the first, unless the status is `.ignored`.
    public func started(_ value: Value) throws(TaskStatusError) {
        guard let signal else { return }
        guard signal.fire(value) else { throw .startedTwice }
    }
}

/// A task-status rule that was broken.
public enum TaskStatusError: Error, Equatable, CustomStringConvertible {
    /// `started` was called more than once.
    case startedTwice
    /// The function returned without calling `started`.
    case endedWithoutStarting

    public var description: String {
        switch self {
        case .startedTwice: "TaskStatus.started was called a second time"
        case .endedWithoutStarting: "the task ended without calling TaskStatus.started"
        }
    }
}

private final class StartSignal<Value: Sendable>: Sendable {
    private let pending: Mutex<(@Sendable (Value) -> Void)?>

    init(_ onStarted: @escaping @Sendable (Value) -> Void) {
        pending = Mutex(onStarted)
    }

    /// False if it has fired before.
    func fire(_ value: Value) -> Bool {
        let onStarted = pending.withLock { pending in
            defer { pending = nil }
            return pending
        }
        onStarted?(value)
        return onStarted != nil
    }
}
