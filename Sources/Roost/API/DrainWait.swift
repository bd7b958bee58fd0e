import Synchronization

/// Waits until every loop has nothing in flight, or until somebody gives up.
final class DrainWait: Sendable {
    private struct State {
        var loopsLeft: Int
        var outcome: Bool?
        var waiter: CheckedContinuation<Bool, Never>?
    }

    private let state: Mutex<State>

    init(loops: Int) {
        state = Mutex(State(loopsLeft: loops))
    }

    func loopIsIdle() {
        settle { state in
            state.loopsLeft -= 1
            return state.loopsLeft == 0 ? true : nil
        }
    }

    func giveUp() {
        settle { _ in false }
    }

    /// True if all loops became idle, false if somebody gave up before.
    func wait() async -> Bool {
        await withCheckedContinuation { continuation in
            let outcome: Bool? = state.withLock { state in
                if state.outcome == nil { state.waiter = continuation }
                return state.outcome
            }
            if let outcome { continuation.resume(returning: outcome) }
        }
    }

    private func settle(_ outcome: (inout State) -> Bool?) {
        let resume: (CheckedContinuation<Bool, Never>, Bool)? = state.withLock { state in
            guard state.outcome == nil, let outcome = outcome(&state) else { return nil }
            state.outcome = outcome
            defer { state.waiter = nil }
            return state.waiter.map { ($0, outcome) }
        }
        if let (waiter, outcome) = resume { waiter.resume(returning: outcome) }
    }
}
