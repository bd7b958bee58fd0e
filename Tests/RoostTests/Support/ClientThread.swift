import Dispatch
import Glibc
import Synchronization

/// A thread of its own on which a test may block, so that Swift's pool of a few threads is left to what is tested.
final class ClientThread: TaskExecutor {
    private struct State {
        var jobs: [UnownedJob] = []
        var isOver = false
    }

    private let state = Mutex(State())
    private let wake = DispatchSemaphore(value: 0)

    init() {
        var thread = pthread_t()
        let unmanaged = Unmanaged.passRetained(self)
        let result = pthread_create(
            &thread, nil,
            { argument in
                Unmanaged<ClientThread>.fromOpaque(argument!).takeRetainedValue().run()
                return nil
            },
            unmanaged.toOpaque()
        )
        precondition(result == 0, "no thread for a test")
        pthread_detach(thread)
    }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        let isOver = state.withLock { state in
            if !state.isOver { state.jobs.append(job) }
            return state.isOver
        }
        if isOver { globalConcurrentExecutor.enqueue(ExecutorJob(job)) } else { wake.signal() }
    }

    /// Lets the thread end once it has nothing left to do.
    func stop() {
        state.withLock { $0.isOver = true }
        wake.signal()
    }

    private func run() {
        let executor = asUnownedTaskExecutor()
        while true {
            wake.wait()
            let (job, isOver) = state.withLock { state in
                (state.jobs.isEmpty ? nil : state.jobs.removeFirst(), state.isOver)
            }
            if let job { job.runSynchronously(on: executor) } else if isOver { return }
        }
    }
}

/// Runs `body` where it may block.
func onClientThread<Result: Sendable>(_ body: @escaping @Sendable () async throws -> Result) async throws -> Result {
    let thread = ClientThread()
    defer { thread.stop() }
    return try await withTaskExecutorPreference(thread, operation: body)
}

/// A name for the calling thread that no other living thread has.
func threadNumber() -> UInt { UInt(pthread_self()) }
