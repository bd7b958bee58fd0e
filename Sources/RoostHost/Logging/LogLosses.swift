internal import Synchronization

/// The lines and journal entries of this process that no log took: its disk is full, or nobody reads at the other end.
public enum LogLosses {
    private static let count = Atomic(0)

    /// How many were lost since the process started, of error log and access log together.
    public static var total: Int { count.load(ordering: .relaxed) }

    static func add(_ lines: Int) {
        count.add(lines, ordering: .relaxed)
    }

    /// `12 lines were dropped: No space left on device`.
    static func report(_ lines: Int, reason: String) -> String {
        "\(lines) \(lines == 1 ? "line was" : "lines were") dropped: \(reason)"
    }
}
