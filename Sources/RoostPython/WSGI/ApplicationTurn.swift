import Glibc
import Roost

/// Who may run an application that is to run on one thread at a time, though a request with a large body has a thread to wait on.
///
/// The thread that drives the server never waits here: it asks, and comes back when it is told. Whoever waits for a turn does not hold the GIL.
final class ApplicationTurn: Sendable {
    private struct State: Sendable {
        var owner: pthread_t?
        /// What is to be told that there is a turn to be had.
        var postponed: [@Sendable () -> Void] = []
    }

    private let state = Monitor(State())

    /// Takes the turn if nobody has it.
    func takeIfFree() -> Bool {
        let caller = pthread_self()
        return state.withLock { state in
            guard state.owner == nil else { return false }
            state.owner = caller
            return true
        }
    }

    /// Waits for the turn, and takes it.
    func take() {
        let caller = pthread_self()
        state.wait { (state: inout State) -> Void? in
            guard state.owner == nil else { return nil }
            state.owner = caller
            return ()
        }
    }

    /// Whether the calling thread has the turn.
    var isOwn: Bool {
        let caller = pthread_self()
        return state.withLock { $0.owner == caller }
    }

    func give() {
        let postponed = state.withLock { state in
            state.owner = nil
            defer { state.postponed = [] }
            return state.postponed
        }
        state.wakeOne()
        for action in postponed { action() }
    }

    /// Calls `action` once nobody has the turn: at once, or on the thread that gives it up.
    func whenFree(_ action: @escaping @Sendable () -> Void) {
        let isFree = state.withLock { state in
            if state.owner != nil { state.postponed.append(action) }
            return state.owner == nil
        }
        if isFree { action() }
    }
}
