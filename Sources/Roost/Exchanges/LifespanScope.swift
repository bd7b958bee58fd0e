import Synchronization

/// The scope of an application's lifespan call.
public struct LifespanScope: Sendable {
    /// What the application puts here during startup is given to each request as `HTTPScope.state`.
    public let state: LifespanState
}

/// The name space that an application fills during its lifespan startup; ASGI's `state`.
public final class LifespanState: Sendable {
    private let values = Mutex<[String: any Sendable]>([:])

    init() {}

    public subscript(key: String) -> (any Sendable)? {
        get { values.withLock { $0[key] } }
        set { values.withLock { $0[key] = newValue } }
    }

    /// A copy of all that is there now.
    var snapshot: [String: any Sendable] { values.withLock { $0 } }
}
