/// A connection that speaks HTTP/2, as the metrics count it while it is there.
///
/// Used on the connection's loop, and perhaps let go of elsewhere.
final class HTTP2Presence {
    private let status: ServerStatus.Loop
    /// Whether a request is under way on it.
    var isActive = false {
        didSet { if isActive != oldValue { status.countHTTP2(active: isActive ? 1 : -1) } }
    }

    init(_ status: ServerStatus.Loop) {
        self.status = status
        status.countHTTP2(connections: 1)
    }

    deinit { status.countHTTP2(connections: -1, active: isActive ? -1 : 0) }
}
