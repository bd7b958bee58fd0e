import Glibc
import Synchronization

/// A value that one side changes and a test waits for, on a thread of its own.
final class Watched<Value: Sendable>: Sendable {
    private let storage: Mutex<Value>

    init(_ value: Value) {
        storage = Mutex(value)
    }

    var value: Value {
        get { storage.withLock { $0 } }
        set { storage.withLock { $0 = newValue } }
    }

    func change(_ change: (inout Value) -> Void) {
        storage.withLock { change(&$0) }
    }

    /// Blocks until `condition` holds; returns the value that met it.
    @discardableResult
    func wait(seconds: Double = 30, until condition: (Value) -> Bool) throws -> Value {
        let deadline = monotonicSeconds() + seconds
        while true {
            let value = self.value
            if condition(value) { return value }
            guard monotonicSeconds() < deadline else { throw NotInTime(last: "\(value)") }
            usleep(1000)
        }
    }
}

extension Watched where Value == Int {
    func add(_ count: Int = 1) { change { $0 += count } }
}

extension Watched where Value == Bool {
    func waitUntilTrue(seconds: Double = 30) throws { try wait(seconds: seconds) { $0 } }
}

struct NotInTime: Error {
    var last: String
}

/// Seconds on a clock that never goes back.
func monotonicSeconds() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}

/// Lets tasks wait until somebody opens it, or until they are cancelled.
final class Gate: Sendable {
    private struct State {
        var isOpen = false
        var waiters: [Int: CheckedContinuation<Void, Never>] = [:]
        var last = 0
    }

    private let state = Mutex(State())

    var isOpen: Bool { state.withLock { $0.isOpen } }

    func open() {
        let waiters = state.withLock { state in
            state.isOpen = true
            defer { state.waiters = [:] }
            return state.waiters
        }
        for waiter in waiters.values { waiter.resume() }
    }

    func opened() async {
        let number = state.withLock { state in
            state.last += 1
            return state.last
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isNow = state.withLock { state in
                    let isNow = state.isOpen || Task.isCancelled
                    if !isNow { state.waiters[number] = continuation }
                    return isNow
                }
                if isNow { continuation.resume() }
            }
        } onCancel: {
            state.withLock { $0.waiters.removeValue(forKey: number) }?.resume()
        }
    }

    /// Blocks a thread of the test's own.
    func wait(seconds: Double = 30) throws {
        let deadline = monotonicSeconds() + seconds
        while !isOpen {
            guard monotonicSeconds() < deadline else { throw NotInTime(last: "closed gate") }
            usleep(1000)
        }
    }
}
