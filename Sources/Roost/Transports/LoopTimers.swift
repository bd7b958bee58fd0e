import CLinux
import Glibc

/// The timers of one loop, behind a timerfd(2), so that a loop that only watches descriptors serves them too.
///
/// Used on the loop's thread only.
final class LoopTimers: LoopScheduler {
    let descriptor: Int32
    private var queue = TimerQueue()
    private var armedFor = MonotonicTime.distantFuture

    init() throws(SystemError) {
        descriptor = timerfd_create(CLOCK_MONOTONIC, Int32(TFD_NONBLOCK | TFD_CLOEXEC))
        guard descriptor >= 0 else { throw SystemError("timerfd_create") }
    }

    deinit {
        close(descriptor)
    }

    func schedule(at deadline: MonotonicTime, _ action: @escaping () -> Void) {
        _ = queue.add(at: deadline, action)
        rearm()
    }

    func schedule(_ key: ConnectionKey, at deadline: MonotonicTime) {
        queue.add(key, at: deadline)
        rearm()
    }

    /// Notes that a connection that has an entry here is gone.
    func noteGone(isLive: (ConnectionKey) -> Bool) {
        queue.noteStale(isLive: isLive)
    }

    /// Runs what is due; `deadlineReached` is called for connections.
    func runDue(at now: MonotonicTime, deadlineReached: (ConnectionKey) -> Void) {
        var expirations: UInt64 = 0
        _ = read(descriptor, &expirations, MemoryLayout<UInt64>.size)
        armedFor = .distantFuture
        while let due = queue.takeDue(at: now) {
            switch due {
            case .connection(let key): deadlineReached(key)
            case .work(let action): action()
            }
        }
        rearm()
    }

    private func rearm() {
        let next = queue.next
        guard next < armedFor else { return }
        armedFor = next
        var value = itimerspec()
        // The coarse clock may be a tick behind; a timer a tick late never finds that its time has not come.
        let deadline = next.nanoseconds.addingReportingOverflow(Self.clockTick).partialValue
        value.it_value.tv_sec = Int(clamping: deadline / 1_000_000_000)
        value.it_value.tv_nsec = Int(deadline % 1_000_000_000)
        timerfd_settime(descriptor, Int32(TFD_TIMER_ABSTIME), &value, nil)
    }

    private static let clockTick: UInt64 = 10_000_000
}
