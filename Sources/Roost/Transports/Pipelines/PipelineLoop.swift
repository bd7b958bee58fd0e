import Dispatch
import NIOCore

/// One of Roost's own loops, as NIO's handlers know it: they run between read and write on the loop that serves everything else, be it driven by Swift or
/// by Python.
///
/// `@unchecked Sendable`: it hands everything to the loop, whose thread alone touches the scheduler.
final class PipelineLoop: EventLoop, @unchecked Sendable {
    private let loop: LoopExecutor
    private unowned let scheduler: any LoopScheduler

    /// - Parameter scheduler: outlives every pipeline of the loop.
    init(_ loop: LoopExecutor, scheduler: any LoopScheduler) {
        self.loop = loop
        self.scheduler = scheduler
    }

    var inEventLoop: Bool { loop.isCurrent }

    func execute(_ task: @escaping @Sendable () -> Void) { loop.later(task) }

    func submit<T>(_ task: @escaping @Sendable () throws -> T) -> EventLoopFuture<T> {
        let promise = makePromise(of: T.self)
        loop.later { promise.assumeIsolated().completeWith(Result(catching: task)) }
        return promise.futureResult
    }

    func scheduleTask<T>(deadline: NIODeadline, _ task: @escaping @Sendable () throws -> T) -> Scheduled<T> {
        let promise = makePromise(of: T.self)
        // A loop that ends forgets its timers; whoever waits for one is told so.
        let state = ScheduledState { promise.fail(EventLoopError.shutdown) }
        loop.execute { [self] in
            // Both count from the same moment in nanoseconds of the monotonic clock.
            scheduler.schedule(at: MonotonicTime(nanoseconds: deadline.uptimeNanoseconds)) {
                if state.take() { promise.assumeIsolated().completeWith(Result(catching: task)) }
            }
        }
        return Scheduled(promise: promise) { [loop] in loop.execute { _ = state.take() } }
    }

    func scheduleTask<T>(in delay: TimeAmount, _ task: @escaping @Sendable () throws -> T) -> Scheduled<T> {
        scheduleTask(deadline: .now() + delay, task)
    }

    /// A loop of Roost's ends with its server.
    func shutdownGracefully(queue: DispatchQueue, _ callback: @escaping @Sendable ((any Error)?) -> Void) {
        queue.async { callback(EventLoopError.unsupportedOperation) }
    }

    func preconditionInEventLoop(file: StaticString, line: UInt) {
        precondition(inEventLoop, file: file, line: line)
    }

    func preconditionNotInEventLoop(file: StaticString, line: UInt) {
        precondition(!inEventLoop, file: file, line: line)
    }
}

/// Whether something that was to happen later is still to happen.
///
/// `@unchecked Sendable`: touched on its loop only, and by whoever lets go of it last.
private final class ScheduledState: @unchecked Sendable {
    private var forgotten: (() -> Void)?

    /// - Parameter forgotten: called if it neither happens nor is called off.
    init(forgotten: @escaping () -> Void) {
        self.forgotten = forgotten
    }

    deinit { forgotten?() }

    /// Whether it is still to happen; from now on it is not.
    func take() -> Bool {
        defer { forgotten = nil }
        return forgotten != nil
    }
}
