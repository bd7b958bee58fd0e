/// When a process without a supervisor is to be replaced, or to stop until it is needed again.
struct ReplacementLimits: Sendable {
    private let requests: Int?
    private let lifetime: Duration?
    private let residentBytes: Int?
    private var idle: IdleWatch?

    init(_ settings: ProcessSettings) {
        requests = settings.maxRequests.map { $0 + Int.random(in: 0...settings.maxRequestsJitter) }
        lifetime = settings.lifetime.map { $0 * Double.random(in: 0.9...1) }
        residentBytes = settings.maxResidentBytes
        idle = settings.exitIdleTime.map(IdleWatch.init)
    }

    /// Whether there is nothing to look at.
    var isEmpty: Bool { requests == nil && lifetime == nil && residentBytes == nil && idle == nil }

    /// Why it is to be replaced; nil if it is not.
    ///
    /// - Parameter age: Since it began to serve.
    func reason(_ counts: ServiceCounts, age: Duration, resident: () -> Int?) -> String? {
        if let requests, counts.requests >= requests { return "it has served \(ServiceStatusText.counted(counts.requests, "request"))" }
        if let lifetime, age >= lifetime { return "it has served for \(age.components.seconds) s" }
        if let residentBytes, let resident = resident(), resident > residentBytes { return "it has \(resident >> 20) MiB of memory" }
        return nil
    }

    /// Whether it is not needed for now.
    mutating func isIdle(_ counts: ServiceCounts, at now: Duration) -> Bool {
        idle?.isOver(connections: counts.connections, requests: counts.requests, at: now) ?? false
    }
}
