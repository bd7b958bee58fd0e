import HeapModule

/// Deadlines of connections and a few pieces of work that are due later, soonest first.
///
/// A connection is named by its place and generation in the transport's table, so that an entry that outlives its
/// connection keeps nothing alive; such entries are thrown away once they outnumber the live ones.
struct TimerQueue {
    /// What is due.
    enum Target: Equatable {
        case connection(ConnectionKey)
        case work(UInt64)
    }

    private struct Entry: Comparable {
        var deadline: MonotonicTime
        var target: Target

        static func < (left: Entry, right: Entry) -> Bool { left.deadline < right.deadline }
    }

    private var entries = Heap<Entry>()
    private var work: [UInt64: () -> Void] = [:]
    private var lastWork: UInt64 = 0
    /// Entries whose connection is gone.
    private var staleCount = 0

    /// The soonest deadline; `.distantFuture` if there is none.
    var next: MonotonicTime { entries.min?.deadline ?? .distantFuture }

    mutating func add(_ key: ConnectionKey, at deadline: MonotonicTime) {
        entries.insert(Entry(deadline: deadline, target: .connection(key)))
    }

    /// Runs `action` at `deadline`, unless the returned identifier is given to `cancel` before.
    mutating func add(at deadline: MonotonicTime, _ action: @escaping () -> Void) -> UInt64 {
        lastWork += 1
        work[lastWork] = action
        entries.insert(Entry(deadline: deadline, target: .work(lastWork)))
        return lastWork
    }

    mutating func cancel(_ identifier: UInt64) {
        if work.removeValue(forKey: identifier) != nil { staleCount += 1 }
    }

    /// Notes that a connection with an entry here is gone; `isLive` tells which connections still are.
    mutating func noteStale(isLive: (ConnectionKey) -> Bool) {
        staleCount += 1
        guard staleCount > 1024, staleCount > entries.count / 2 else { return }
        entries = Heap(
            entries.unordered.filter { entry in
                switch entry.target {
                case .connection(let key): isLive(key)
                case .work(let identifier): work[identifier] != nil
                }
            }
        )
        staleCount = 0
    }

    /// What a queue gives when something is due.
    enum Due {
        case connection(ConnectionKey)
        case work(() -> Void)
    }

    /// The next thing whose deadline is not after `now`.
    mutating func takeDue(at now: MonotonicTime) -> Due? {
        while let first = entries.min, first.deadline <= now {
            entries.removeMin()
            switch first.target {
            case .connection(let key):
                return .connection(key)
            case .work(let identifier):
                if let action = work.removeValue(forKey: identifier) { return .work(action) }
                staleCount = max(0, staleCount - 1)
            }
        }
        return nil
    }
}

/// Names a connection of one transport: its place in the table, and how often that place was taken before.
struct ConnectionKey: Hashable {
    var slot: UInt32
    var generation: UInt32

    /// As epoll(7) carries it.
    var packed: UInt64 { UInt64(generation) << 32 | UInt64(slot) }

    init(slot: UInt32, generation: UInt32) {
        self.slot = slot
        self.generation = generation
    }

    init(packed: UInt64) {
        slot = UInt32(truncatingIfNeeded: packed)
        generation = UInt32(truncatingIfNeeded: packed >> 32)
    }
}
