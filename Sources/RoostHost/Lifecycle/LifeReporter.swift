internal import Roost

/// Who hears of the life of a server that is a process of its own.
protocol LifeReporter: Sendable {
    /// The server goes from one phase to the next; `counts` is read, on any thread, for as long as the phase lasts.
    func entered(_ phase: ServePhase, _ counts: @escaping @Sendable () -> ServiceCounts)

    /// The app is up and every address is listened on.
    func ready(_ binds: [BoundAddress])

    /// Serving is over; `failure` says why, if it was not asked for.
    ///
    /// - Returns: Whether somebody else will say so to the operator.
    @discardableResult
    func finished(_ status: ExitStatus, failure: String?, errno: Int32?) -> Bool
}
