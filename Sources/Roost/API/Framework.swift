/// An ASGI application: called once per request, and once for the application's lifespan.
///
/// `scope` says what the call is about, `receive` gives the events that come from the client or the server,
/// `send` takes the application's answer. An application that does not know a scope's kind throws.
/// Source: the ASGI specification, "Applications".
public typealias ASGIFramework = @Sendable (_ scope: Scope, _ receive: ASGIReceive, _ send: ASGISend) async throws -> Void

/// A WSGI application in the shape of PEP 3333: called once per request on a thread of its own, where it may block.
///
/// It calls `startResponse` once before the first piece of the returned body is taken.
public typealias WSGIFramework = @Sendable (_ environment: WSGIEnvironment, _ startResponse: StartResponse) throws -> WSGIBody

/// An application, and the contract it was written to.
public enum Framework: Sendable {
    case asgi(ASGIFramework)
    case wsgi(WSGIFramework)

    /// The contract of this application.
    public var mode: AppMode {
        switch self {
        case .asgi: .asgi
        case .wsgi: .wsgi
        }
    }
}

/// The contract that an application was written to; Hypercorn's `mode`.
public enum AppMode: String, Sendable, Hashable, CaseIterable {
    case asgi
    case wsgi
}
