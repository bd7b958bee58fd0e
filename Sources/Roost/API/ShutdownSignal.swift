import CLinux
import Glibc
import Synchronization

/// The one way into shutdown: the first reason counts, and a second signal forces it.
final class ShutdownSignal: Sendable {
    /// Why a shutdown began.
    enum Reason: Sendable {
        /// A signal came, or the trigger returned.
        case asked
        /// The task that called `serve` was cancelled.
        case cancelled
        /// Serving failed, or the trigger threw.
        case failed(any Error)
    }

    private struct State {
        var reason: Reason?
        var isForced = false
        var onBegin: [@Sendable () -> Void] = []
        var onForce: [@Sendable () -> Void] = []
        var stopWatching: (@Sendable () async -> Void)?
    }

    private let state = Mutex(State())

    /// Begins to wait for `trigger`; signals are watched by `loop`.
    static func watch(for trigger: ShutdownTrigger, on loop: EventLoopThread) async throws -> ShutdownSignal {
        let shutdown = ShutdownSignal()
        switch trigger.kind {
        case .never:
            break
        case .returns(let trigger):
            let task = Task {
                do {
                    try await trigger()
                    shutdown.begin(.asked)
                } catch {
                    shutdown.begin(.failed(error))
                }
            }
            shutdown.state.withLock { $0.stopWatching = { task.cancel() } }
        case .signals(let signals):
            let watch = try SignalWatch(signals)
            let descriptor = watch.descriptor
            do {
                try await loop.call { transport throws(SystemError) in
                    try transport.watch(descriptor) {
                        var count: eventfd_t = 0
                        eventfd_read(descriptor, &count)
                        shutdown.signalled(count: count)
                    }
                }
            } catch {
                watch.stop()
                throw error
            }
            shutdown.state.withLock { state in
                state.stopWatching = {
                    _ = try? await loop.call { $0.stopWatching(descriptor) }
                    watch.stop()
                }
            }
        }
        return shutdown
    }

    private func signalled(count: UInt64) {
        if hasBegun || count > 1 { force() }
        begin(.asked)
    }

    /// Begins the shutdown, unless it has begun.
    func begin(_ reason: Reason) {
        let actions = state.withLock { state -> [@Sendable () -> Void] in
            guard state.reason == nil else { return [] }
            state.reason = reason
            defer { state.onBegin = [] }
            return state.onBegin
        }
        for action in actions { action() }
    }

    private func force() {
        let actions = state.withLock { state -> [@Sendable () -> Void] in
            state.isForced = true
            defer { state.onForce = [] }
            return state.onForce
        }
        for action in actions { action() }
    }

    var hasBegun: Bool { state.withLock { $0.reason != nil } }

    /// Runs `action` when the shutdown begins; at once if it has.
    func whenBegun(_ action: @escaping @Sendable () -> Void) {
        let isNow = state.withLock { state in
            if state.reason == nil { state.onBegin.append(action) }
            return state.reason != nil
        }
        if isNow { action() }
    }

    /// Runs `action` when the shutdown is forced; at once if it is.
    func whenForced(_ action: @escaping @Sendable () -> Void) {
        let isNow = state.withLock { state in
            if !state.isForced { state.onForce.append(action) }
            return state.isForced
        }
        if isNow { action() }
    }

    /// Returns when the shutdown has begun.
    func begun() async {
        await withCheckedContinuation { continuation in whenBegun { continuation.resume() } }
    }

    /// Waits for the trigger no longer; returns why the shutdown began, if it did.
    func stop() async -> Reason? {
        let (reason, stopWatching) = state.withLock { state in
            defer { state.stopWatching = nil }
            return (state.reason, state.stopWatching)
        }
        await stopWatching?()
        return reason
    }
}
