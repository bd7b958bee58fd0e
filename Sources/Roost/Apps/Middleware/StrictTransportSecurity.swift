/// Tells browsers to come by https from now on (`Strict-Transport-Security`, RFC 6797).
///
/// The field is in answers to requests that came by https, as `HTTPScope.scheme` says; in others it would mean nothing (section 7.2). An app's own field
/// stays.
public struct StrictTransportSecurity: Sendable {
    private let app: ASGIFramework
    private let value: String

    /// - Parameters:
    ///   - app: has all calls.
    ///   - maxAge: for how long, in whole seconds; zero takes it back. Default: a year.
    ///   - includesSubdomains: whether the names below the host are meant too. Default: false.
    ///   - preload: whether the host may be put on the lists that browsers bring along, which ask for a year and subdomains. Default: false.
    public init(_ app: @escaping ASGIFramework, maxAge: Duration = .seconds(31_536_000), includesSubdomains: Bool = false, preload: Bool = false) {
        self.app = app
        value = HSTSPolicy(maxAge: maxAge, includesSubdomains: includesSubdomains, preload: preload).value
    }

    /// The app that adds the field.
    public var application: ASGIFramework {
        { scope, receive, send in
            guard case .http(let request) = scope, request.scheme == "https" else { return try await app(scope, receive, send) }
            try await app(scope, receive, ASGISend { event in
                guard case .httpResponseStart(let status, var headers, let trailers) = event, !headers.contains(name: "strict-transport-security") else {
                    return try await send(event)
                }
                headers.append(name: "strict-transport-security", value: value)
                try await send(.httpResponseStart(status: status, headers: headers, trailers: trailers))
            })
        }
    }
}
