/// Names a worker. Numbers count up from 1 and are never used again, so that log lines about different workers never look alike.
struct WorkerID: Sendable, Hashable, Comparable, CustomStringConvertible {
    let number: Int

    static func < (first: WorkerID, second: WorkerID) -> Bool {
        first.number < second.number
    }

    /// `worker 3`.
    var description: String { "worker \(number)" }
}
