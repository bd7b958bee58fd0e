import HTTPWire
import NIOCore

@testable import Roost

extension ASGISend {
    /// A whole answer with a length.
    func answer(_ text: String, status: Int = 200, headers: Headers = [:]) async throws {
        try await self(.httpResponseStart(status: status, headers: headers))
        try await self(.httpResponseBody(ByteBuffer(string: text)))
    }

    func start(_ status: Int = 200, headers: Headers = [:]) async throws {
        try await self(.httpResponseStart(status: status, headers: headers))
    }

    func piece(_ text: String, more: Bool = true) async throws {
        try await self(.httpResponseBody(ByteBuffer(string: text), more: more))
    }
}

extension ASGIReceive {
    /// The whole body; nil if the client went before it was complete.
    func body() async throws -> ByteBuffer? {
        var body = ByteBuffer()
        while case .httpRequest(var piece, let more) = try await self() {
            body.writeBuffer(&piece)
            if !more { return body }
        }
        return nil
    }
}

/// What an application throws that fails on purpose.
struct Deliberate: Error, Equatable {}

/// An application for http scopes alone; it lets the lifespan be, as one that was written without does.
func httpApp(_ app: @escaping @Sendable (HTTPScope, ASGIReceive, ASGISend) async throws -> Void) -> ASGIFramework {
    { scope, receive, send in
        guard case .http(let scope) = scope else { throw Deliberate() }
        try await app(scope, receive, send)
    }
}

enum Apps {
    /// Answers `hello` to everything.
    static let hello = httpApp { _, _, send in try await send.answer("hello") }

    /// Answers with the request's body.
    static let echo = httpApp { _, receive, send in
        guard let body = try await receive.body() else { return }
        try await send(.httpResponseStart(status: 200))
        try await send(.httpResponseBody(body))
    }

    /// Answers with the raw path, and leaves a body unread.
    static let path = httpApp { scope, _, send in try await send.answer(scope.rawPath) }
}
