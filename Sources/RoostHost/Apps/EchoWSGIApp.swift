internal import Roost

/// `builtin:echo-wsgi`: reads the whole body, then answers with the variables that it received, in JSON. For tests of what stands before it.
///
/// `/__seen/TOKEN` is answered as `EchoApp` does.
struct EchoWSGIApp: Sendable {
    private static let json: Headers = ["content-type": "application/json"]

    private let seen = SeenRequests()

    @Sendable
    func application(_ environment: WSGIEnvironment, _ startResponse: StartResponse) throws -> WSGIBody {
        var body = BodyDigest()
        do {
            try body.read(environment.input)
        } catch {
            seen.noteIncomplete(method: environment.requestMethod, rawPath: environment.pathInfo)
            throw error
        }
        var writer = JSONWriter()
        if case .seen(let token) = EchoPath(environment.pathInfo) {
            writer.array(seen.requests(containing: token)) { $0.string($1) }
        } else {
            let number = seen.noteComplete(method: environment.requestMethod, rawPath: environment.pathInfo)
            writer.object([
                "environ": { $0.object(environment.variables.sorted { $0.key < $1.key }) },
                "body_len": { $0.number(body.length) },
                "body_sha256": { $0.string(body.sha256) },
                "request_id": { $0.string(environment.requestID) },
                "extensions": { $0.extensions(environment.extensions) },
                "seq": { $0.number(number) },
            ])
        }
        try startResponse("200 OK", Self.json)
        return WSGIBody(writer.bytes)
    }
}
