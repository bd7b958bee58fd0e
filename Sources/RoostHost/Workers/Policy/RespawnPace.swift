/// How soon workers that were lost are replaced: the first time at once, then after 0.5 s, 1 s, 2 s and so on up to 30 s.
///
/// Workers that were started together and fail together are one failure in a row. One that has served for a while before it was lost shows that
/// workers can, and the count begins again.
struct RespawnPace: Sendable, Hashable {
    /// A worker of this age has shown that it works.
    private static let steadyAge: Duration = .seconds(10)
    private static let firstDelay: Duration = .milliseconds(500)
    private static let longestDelay: Duration = .seconds(30)
    /// When all processes of a service are told to stop, a worker may hear of it before the supervisor does. That worker needs no other.
    private static let courtesy: Duration = .milliseconds(250)
    /// After so many failures in a row, with nobody serving, it is pointless to go on.
    private static let mostFailures = 5

    /// Failures in a row.
    private(set) var failures = 0
    /// Changes with every failure that is counted. A worker belongs to the round that it was started in.
    private(set) var round = 0
    /// No worker is started earlier.
    private(set) var earliest: Duration = .zero

    var isExhausted: Bool { failures >= Self.mostFailures }

    /// A worker was lost.
    ///
    /// - Parameters:
    ///   - round: The one that it was started in.
    ///   - age: For how long it had served.
    ///   - isOrderly: It ended as if it had been told to.
    mutating func lost(round: Int, age: Duration, isOrderly: Bool, at now: Duration) {
        if age >= Self.steadyAge {
            failures = 1
            self.round += 1
            earliest = now
        } else if round == self.round {
            failures += 1
            self.round += 1
            earliest = now + Self.delay(failures)
        }
        if isOrderly { earliest = max(earliest, now + Self.courtesy) }
    }

    private static func delay(_ failures: Int) -> Duration {
        guard failures > 1 else { return .zero }
        // Six doublings lead beyond the longest.
        return min(longestDelay, firstDelay * (1 << min(failures - 2, 6)))
    }
}
