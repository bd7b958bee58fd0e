import Glibc
import Roost
import Synchronization

/// Who may run an application that is to run on one thread at a time, though a request with a large body has a thread to wait on.
///
/// The thread that drives the server never waits here: it asks, and comes back when it is told. Whoever waits for a turn does not hold the GIL.
///
/// Whoever waits counts in `waiting` before it looks at `owner`, and whoever gives the turn up clears `owner` before it looks at `waiting`: one of
/// them sees the other.
final class ApplicationTurn: Sendable {
    private static let nobody: pthread_t = 0

    private let owner = Atomic<pthread_t>(nobody)
    /// How many threads wait, and actions that are postponed.
    private let waiting = Atomic<Int>(0)
    /// What is to be told that there is a turn to be had.
    private let postponed = Monitor<[@Sendable () -> Void]>([])

    /// Takes the turn if nobody has it.
    func takeIfFree() -> Bool {
        owner.compareExchange(expected: Self.nobody, desired: pthread_self(), ordering: .sequentiallyConsistent).exchanged
    }

    /// Waits for the turn, and takes it.
    func take() {
        waiting.add(1, ordering: .sequentiallyConsistent)
        postponed.wait { _ in takeIfFree() ? () : nil }
        waiting.subtract(1, ordering: .sequentiallyConsistent)
    }

    /// Whether the calling thread has the turn.
    var isOwn: Bool { owner.load(ordering: .sequentiallyConsistent) == pthread_self() }

    func give() {
        owner.store(Self.nobody, ordering: .sequentiallyConsistent)
        guard waiting.load(ordering: .sequentiallyConsistent) > 0 else { return }
        let actions = postponed.withLock { postponed in
            defer { postponed = [] }
            return postponed
        }
        waiting.subtract(actions.count, ordering: .sequentiallyConsistent)
        postponed.wakeOne()
        for action in actions { action() }
    }

    /// Calls `action` once nobody has the turn: at once, or on the thread that gives it up.
    func whenFree(_ action: @escaping @Sendable () -> Void) {
        waiting.add(1, ordering: .sequentiallyConsistent)
        let isFree = postponed.withLock { postponed in
            if owner.load(ordering: .sequentiallyConsistent) == Self.nobody { return true }
            postponed.append(action)
            return false
        }
        guard isFree else { return }
        waiting.subtract(1, ordering: .sequentiallyConsistent)
        action()
    }
}
