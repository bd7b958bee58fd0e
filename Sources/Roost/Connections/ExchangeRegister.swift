import Synchronization

/// The exchanges of one loop whose application is running. Others may look at them at any time, above all when the loop itself does not answer.
struct ExchangeRegister: ~Copyable, Sendable {
    private let exchanges = Mutex<[Exchange]>([])

    /// Only on the loop.
    func add(_ exchange: Exchange) {
        exchanges.withLock {
            exchange.place = $0.count
            $0.append(exchange)
        }
    }

    /// Only on the loop, for one that was added.
    func remove(_ exchange: Exchange) {
        exchanges.withLock { exchanges in
            // The last one fills the gap.
            let last = exchanges.removeLast()
            guard last !== exchange else { return }
            last.place = exchange.place
            exchanges[exchange.place] = last
        }
    }

    /// All that are under way.
    var all: [Exchange] { exchanges.withLock(\.self) }

    /// The oldest ones, so many of them, the oldest first.
    func oldest(_ count: Int, at now: MonotonicTime) -> [RequestInFlight] {
        exchanges.withLock(\.self).sorted { $0.startTime < $1.startTime }.prefix(count).map { RequestInFlight($0, at: now) }
    }
}
