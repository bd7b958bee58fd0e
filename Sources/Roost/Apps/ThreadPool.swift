import CLinux
import Glibc

/// Threads for work that may block: at most `size` of them, started as they are needed, and a queue for the rest.
package final class ThreadPool: Sendable {
    package typealias Job = @Sendable () -> Void

    private struct State: Sendable {
        var waiting = JobQueue()
        var threads = 0
        var idleThreads = 0
        var isStopped = false
    }

    /// What a thread does when it looks for work.
    private enum Assignment {
        case run(Job)
        case end
    }

    /// How many threads there are at most.
    private let size: Int
    /// Held by each thread while it runs a job; nil if there is none to hold.
    private let lock: (any WorkLock)?
    private let state = Monitor(State())

    /// - Parameters:
    ///   - size: at least 1.
    ///   - lock: held by each thread while it runs a job, and from one job to the next if that waits already.
    package init(size: Int, lock: (any WorkLock)? = nil) {
        self.size = max(1, size)
        self.lock = lock
    }

    /// Runs `job` on a thread that is free, or as soon as one is.
    /// - Throws: `SystemError` if there is no thread at all and the kernel grants none; `job` is not run then.
    package func submit(_ job: @escaping Job) throws(SystemError) {
        // Under the lock, so that no job is ever left in the queue without a thread to come.
        try state.withLock { state throws(SystemError) in
            if state.waiting.count >= state.idleThreads, state.threads < size {
                do throws(SystemError) {
                    try startThread()
                    state.threads += 1
                } catch {
                    // The threads that there are get to it later.
                    if state.threads == 0 { throw error }
                }
            }
            state.waiting.append(job)
        }
        state.wakeOne()
    }

    /// Lets each thread end when it finds nothing more to do. What was submitted is still run, and so is what comes later.
    package func stop() {
        state.withLock { $0.isStopped = true }
        state.wakeAll()
    }

    /// How many threads there are now.
    var threadCount: Int { state.withLock { $0.threads } }

    private func startThread() throws(SystemError) {
        try DetachedThread.start(named: "roost-wsgi") {
            if let lock = self.lock {
                lock.held { self.work(with: lock) }
            } else {
                while case .run(let job) = self.nextAssignment() { job() }
            }
        }
    }

    private func work(with lock: any WorkLock) {
        while true {
            // To let go of the lock between two jobs would be to wait for it again.
            if let job = state.withLock({ $0.waiting.popFirst() }) {
                job()
                continue
            }
            var assignment = Assignment.end
            lock.released { assignment = nextAssignment() }
            guard case .run(let job) = assignment else { return }
            job()
        }
    }

    private func nextAssignment() -> Assignment {
        var isIdle = false
        return state.wait { state in
            if let job = state.waiting.popFirst() {
                if isIdle { state.idleThreads -= 1 }
                return .run(job)
            }
            if state.isStopped {
                if isIdle { state.idleThreads -= 1 }
                state.threads -= 1
                return .end
            }
            if !isIdle {
                isIdle = true
                state.idleThreads += 1
            }
            return nil
        }
    }
}

/// Jobs in the order in which they came.
private struct JobQueue: Sendable {
    private var jobs: [ThreadPool.Job?] = []
    /// Where the first job is; the places before it are empty.
    private var first = 0

    var count: Int { jobs.count - first }

    mutating func append(_ job: @escaping ThreadPool.Job) {
        jobs.append(job)
    }

    mutating func popFirst() -> ThreadPool.Job? {
        guard first < jobs.count else { return nil }
        let job = jobs[first]
        jobs[first] = nil
        first += 1
        if first == jobs.count {
            jobs.removeAll(keepingCapacity: true)
            first = 0
        } else if first > 64, first > jobs.count / 2 {
            jobs.removeSubrange(..<first)
            first = 0
        }
        return job
    }
}
