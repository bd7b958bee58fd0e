/// Serves several apps, each below a prefix of paths; Hypercorn's `DispatcherMiddleware`.
///
/// ```swift
/// let site = Dispatcher([("/api", api), ("/static", StaticFiles(directory: "/srv/www").application), ("", pages)])
/// try await serve(.asgi(site.application), config)
/// ```
///
/// The first mount whose prefix is a whole part of the path has the request: `/api` has `/api` and `/api/users`, and not `/apiary`. Its app sees the
/// prefix at the end of `HTTPScope.rootPath`, and the path as it is, as ASGI says. A path below no mount is 404.
///
/// Every app's lifespan is run: startups in order, shutdowns too. If a startup fails, the apps that have started are shut down, and the server does not
/// start. They share one `LifespanScope.state`. An app that throws before it takes its first event knows no lifespan, and is served without.
public struct Dispatcher: Sendable {
    /// A prefix, and the app below it.
    private struct Mount: Sendable {
        /// Without a slash at its end; empty for all paths.
        let prefix: String
        let app: ASGIFramework
    }

    private let mounts: [Mount]

    /// - Parameter mounts: prefixes, which begin with a slash if they are not empty, and apps; those come first that are looked at first. A slash at the
    ///   end of a prefix makes no difference.
    public init(_ mounts: [(prefix: String, app: ASGIFramework)]) {
        self.mounts = mounts.map { prefix, app in
            var prefix = prefix
            while prefix.utf8.last == UInt8(ascii: "/") { prefix.removeLast() }
            return Mount(prefix: prefix, app: app)
        }
    }

    /// The app that passes each call on.
    public var application: ASGIFramework {
        { scope, receive, send in
            switch scope {
            case .http(var request):
                guard let mount = mount(for: request) else {
                    try await send(.httpResponseStart(status: 404, headers: ["content-type": "text/plain"]))
                    return try await send(.httpResponseBody(ByteBuffer(string: "Not Found\n")))
                }
                if !mount.prefix.isEmpty { request.rootPath += mount.prefix }
                try await mount.app(.http(request), receive, send)
            case .websocket(var request):
                guard let mount = mount(for: request.http) else { return try await WebSocketSession.refuse(receive, send, status: 404) }
                if !mount.prefix.isEmpty { request.rootPath += mount.prefix }
                try await mount.app(.websocket(request), receive, send)
            case .lifespan:
                try await MountedLifespans.run(mounts.map(\.app), scope, receive, send)
            }
        }
    }

    private func mount(for request: HTTPScope) -> Mount? {
        // What is behind the root path, which the proxy may have taken off.
        let path = request.path.utf8.path(below: request.rootPath.utf8) ?? request.path.utf8[...]
        return mounts.first { path.path(below: $0.prefix.utf8) != nil }
    }
}
