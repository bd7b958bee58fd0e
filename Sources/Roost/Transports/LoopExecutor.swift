import CLinux
import Glibc
import HTTPWire
import Synchronization

/// Runs Swift tasks on the thread of one event loop, so that an application never leaves the loop between read and write.
///
/// A transport drives it: after each descriptor it has served it calls `runReady`, which runs the jobs that became
/// ready and then settles every connection that they changed.
///
/// Once the loop has ended, work that still comes (a `send` that an application kept) runs on the thread that brings it, one at a time, and
/// jobs run on Swift's global pool.
///
/// `@unchecked Sendable`: `inbox` is guarded by its mutex and `wakeDescriptor` never changes; everything else is touched only by the thread
/// for which `isCurrent` is true: the one that called `attach`, and after `end` whoever holds `afterEnd`.
final class LoopExecutor: TaskExecutor, @unchecked Sendable {
    private enum Message {
        case job(UnownedJob)
        case work(@Sendable () -> Void)
    }

    private struct Inbox {
        var messages: [Message] = []
        /// The loop has ended: nobody takes messages any more.
        var isClosed = false
    }

    // Exclusivity is not checked at run time where it says so: nothing is called while these change.
    @exclusivity(unchecked) private var jobs: [UnownedJob] = []
    private var nextJob = 0
    /// What has changed in this round: the first, which most often is the only one, and the others.
    @exclusivity(unchecked) private var firstChanged: (any LoopParticipant)?
    @exclusivity(unchecked) private var changed: [any LoopParticipant] = []
    private var isRunning = false
    /// Set once, by the loop's thread; from then on it is only read.
    private var hasEnded = false
    private let inbox = Mutex(Inbox())
    /// Held while work is done for a loop that has ended.
    private let afterEnd = Mutex(())
    private let wakeDescriptor: Int32
    /// Refreshed once for each batch of events.
    private(set) var now = MonotonicTime.now()
    @exclusivity(unchecked) private var date = CachedDate()

    /// - Parameter wakeDescriptor: an eventfd(2) that the loop's transport watches.
    init(wakeDescriptor: Int32) {
        self.wakeDescriptor = wakeDescriptor
        jobs.reserveCapacity(64)
    }

    /// Makes the calling thread this loop's thread.
    func attach() {
        clinux_set_current_loop(Unmanaged.passUnretained(self).toOpaque())
    }

    /// Calls `body` on the loop's thread, which may serve other loops in between.
    func asCurrent<Result, Failure: Error>(_ body: () throws(Failure) -> Result) throws(Failure) -> Result {
        let outer = clinux_current_loop()
        attach()
        defer { clinux_set_current_loop(outer) }
        return try body()
    }

    /// Ends the loop, on its thread: nothing waits for it any more.
    func end() {
        let left = inbox.withLock { inbox in
            inbox.isClosed = true
            // With the lock held: whoever finds the inbox closed finds this set.
            hasEnded = true
            defer { inbox.messages = [] }
            return inbox.messages
        }
        writeGatheredLog()
        clinux_set_current_loop(nil)
        for job in jobs[nextJob...] { runAfterEnd(.job(job)) }
        jobs = []
        nextJob = 0
        for message in left { runAfterEnd(message) }
    }

    /// Whether the caller runs on this loop's thread.
    @inline(__always)
    var isCurrent: Bool {
        clinux_current_loop() == Unmanaged.passUnretained(self).toOpaque()
    }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        if isCurrent, !hasEnded {
            jobs.append(job)
        } else {
            post(.job(job))
        }
    }

    /// Runs `work` on the loop: at once if the caller is there already, otherwise soon.
    func execute(_ work: @escaping @Sendable () -> Void) {
        if isCurrent {
            work()
        } else {
            post(.work(work))
        }
    }

    /// Runs `work` on the loop in a later round, after other connections had their turn.
    func later(_ work: @escaping @Sendable () -> Void) { post(.work(work)) }

    /// Makes `wakeDescriptor` readable, so that the transport comes back for what is left for the next round.
    func wake() { post(.work {}) }

    private func post(_ message: Message) {
        let isClosed = inbox.withLock { inbox in
            guard !inbox.isClosed else { return true }
            inbox.messages.append(message)
            // With the lock held: once the loop has ended, the descriptor's number may be another's.
            if inbox.messages.count == 1 { eventfd_write(wakeDescriptor, 1) }
            return false
        }
        if isClosed { runAfterEnd(message) }
    }

    private func runAfterEnd(_ message: Message) {
        switch message {
        case .job(let job):
            globalConcurrentExecutor.enqueue(ExecutorJob(job))
        case .work(let work):
            afterEnd.withLock { _ in
                let outer = clinux_current_loop()
                attach()
                work()
                clinux_set_current_loop(outer)
            }
        }
    }

    /// Takes what other threads have posted; the transport calls it when `wakeDescriptor` is readable.
    func takeInbox() {
        var count: eventfd_t = 0
        eventfd_read(wakeDescriptor, &count)
        let messages = inbox.withLock { inbox in
            defer { inbox.messages = [] }
            return inbox.messages
        }
        for message in messages {
            switch message {
            case .job(let job): jobs.append(job)
            case .work(let work): work()
            }
        }
    }

    /// Whether lines of the access log are gathered until the end of a round, so that several are written at once.
    ///
    /// Not where an application may keep the loop for long within a round: lines would wait, and be lost if the process is killed over it.
    var gathersLog = false
    private var unwrittenLog: (any LoopParticipant)?

    /// Settles `log` at the end of this round, or at once.
    func writeLog(_ log: any LoopParticipant, atOnce: Bool) {
        if gathersLog, !atOnce, !hasEnded { unwrittenLog = log } else { log.settle() }
    }

    /// Settles the log, if it has gathered something.
    func writeGatheredLog() {
        guard let log = unwrittenLog else { return }
        unwrittenLog = nil
        log.settle()
    }

    func refreshClock() {
        now = .now()
    }

    /// The value of a `date` field for now, made anew once a second.
    func dateValue() -> HTTPDate {
        date.value(at: now)
    }

    /// Notes that a connection changed; it is settled once, at the end of `runReady`.
    @inline(__always)
    func noteChange(of participant: any LoopParticipant) {
        if firstChanged == nil, changed.isEmpty { firstChanged = participant } else { changed.append(participant) }
    }

    /// Calls `action` at the end of this round, so that what it makes ready comes after other connections had their turn.
    func inNextRound(_ action: @escaping () -> Void) {
        if isCurrent, !hasEnded { noteChange(of: Deferred(action: action)) } else { action() }
    }

    /// Whether jobs are left for the next round, so that the transport must not sleep.
    var hasReadyJobs: Bool { nextJob < jobs.count || firstChanged != nil || !changed.isEmpty }

    /// Whether the transport is in a round of its own, at the end of which everything is settled.
    var isInRound = false

    /// Settles what has changed outside of a round. On the loop's thread.
    func settle() {
        guard !isInRound, !hasEnded else { return }
        runReady()
        // What is left for the next round is nothing that the descriptor would tell of.
        if hasReadyJobs { wake() }
    }

    /// Jobs that one call of `runReady` runs at most, so that tasks that yield for ever leave time for other connections.
    private static let jobBudget = 256

    /// Runs the jobs that are ready, then settles the connections that changed.
    ///
    /// Jobs that settling makes ready (an application waiting for room to send) run in the next round: other connections come first.
    func runReady() {
        guard !isRunning, hasReadyJobs else { return }
        isRunning = true
        if nextJob < jobs.count { runJobs() }
        while true {
            if let participant = firstChanged {
                firstChanged = nil
                participant.settle()
            }
            if !changed.isEmpty { settleChanged() }
            if firstChanged == nil { break }
        }
        isRunning = false
    }

    private func runJobs() {
        let executor = asUnownedTaskExecutor()
        var budget = Self.jobBudget
        while nextJob < jobs.count, budget > 0 {
            let job = jobs[nextJob]
            nextJob += 1
            budget -= 1
            job.runSynchronously(on: executor)
        }
        if nextJob == jobs.count {
            jobs.removeAll(keepingCapacity: true)
        } else {
            jobs.removeSubrange(..<nextJob)
        }
        nextJob = 0
    }

    private func settleChanged() {
        var index = 0
        while index < changed.count {
            changed[index].settle()
            index += 1
        }
        changed.removeAll(keepingCapacity: true)
    }
}

/// What a loop settles at the end of a round: a connection that writes what has gathered, and closes or waits.
protocol LoopParticipant: AnyObject {
    func settle()
}

/// Something to be done at the end of a round.
private final class Deferred: LoopParticipant {
    private let action: () -> Void

    init(action: @escaping () -> Void) {
        self.action = action
    }

    func settle() { action() }
}

/// The `date` field's value, made anew once a second.
private struct CachedDate {
    private var second: UInt64 = .max
    private var value = HTTPDate(secondsSince1970: 0)

    mutating func value(at now: MonotonicTime) -> HTTPDate {
        let second = now.nanoseconds / 1_000_000_000
        if second != self.second {
            self.second = second
            value = HTTPDate(secondsSince1970: Int64(time(nil)))
        }
        return value
    }
}
