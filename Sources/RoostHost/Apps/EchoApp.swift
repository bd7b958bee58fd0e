internal import Roost

/// `builtin:echo`: reads the whole body, then answers with what it received, in JSON. For tests of what stands before it.
///
/// | End of the path | Answer |
/// |---|---|
/// | `/early` | `early`, before the body is read |
/// | `/status/NNN` | that status (200 to 599), without a body |
/// | `/stream/N` | N pieces of 1000 bytes, without content-length |
/// | `/sleep/MS` | the usual one, that many milliseconds later |
/// | `/__seen/TOKEN` | a list of the requests received before whose path contains TOKEN; see `SeenRequests` |
/// | anything else | the usual one |
struct EchoApp: Sendable {
    /// Answers `/stream/N` with this many pieces at most: one gigabyte.
    private static let longestStream = 1_000_000
    /// Answers `/sleep/MS` after this many milliseconds at most: one hour.
    private static let longestSleep = 3_600_000

    private static let text: Headers = ["content-type": "text/plain"]
    private static let json: Headers = ["content-type": "application/json"]

    private let seen = SeenRequests()

    @Sendable
    func application(_ scope: Scope, _ receive: ASGIReceive, _ send: ASGISend) async throws {
        switch scope {
        case .http(let scope): try await answer(scope, receive, send)
        case .websocket(let scope):
            let socket = try await WebSocketSession.accept(scope, receive, send)
            for try await message in socket { try await socket.send(message) }
        case .lifespan: try await LifespanAnswers.answer(receive, send)
        }
    }

    private func answer(_ scope: HTTPScope, _ receive: ASGIReceive, _ send: ASGISend) async throws {
        let path = EchoPath(scope.rawPath)
        if case .early = path {
            try await send(.httpResponseStart(status: 200, headers: Self.text))
            try await send(.httpResponseBody(ByteBuffer(string: "early")))
            return try await noteEarly(scope, receive)
        }
        var body = BodyDigest()
        guard try await body.read(receive) else {
            return seen.noteIncomplete(method: scope.method, rawPath: scope.rawPath)
        }
        if case .seen(let token) = path {
            var writer = JSONWriter()
            writer.array(seen.requests(containing: token)) { $0.string($1) }
            try await send(.httpResponseStart(status: 200, headers: Self.json))
            return try await send(.httpResponseBody(writer.bytes))
        }
        let number = seen.noteComplete(method: scope.method, rawPath: scope.rawPath)
        switch path {
        case .status(let status):
            try await send(.httpResponseStart(status: status))
            try await send(.httpResponseBody())
        case .stream(let pieces):
            try await stream(min(pieces, Self.longestStream), send)
        case .sleep(let milliseconds):
            try await Task.sleep(for: .milliseconds(min(milliseconds, Self.longestSleep)))
            try await echo(scope, body, number, send)
        case .echo, .early, .seen:
            try await echo(scope, body, number, send)
        }
    }

    private func echo(_ scope: HTTPScope, _ body: BodyDigest, _ number: Int, _ send: ASGISend) async throws {
        try await send(.httpResponseStart(status: 200, headers: Self.json))
        try await send(.httpResponseBody(EchoAnswer.encode(scope, body, number: number)))
    }

    private func stream(_ pieces: Int, _ send: ASGISend) async throws {
        let piece = ByteBuffer(repeating: UInt8(ascii: "x"), count: 1000)
        try await send(.httpResponseStart(status: 200, headers: Self.text))
        for _ in 0..<pieces { try await send(.httpResponseBody(piece, more: true)) }
        try await send(.httpResponseBody())
    }

    /// Takes note of a request that was answered unread, if it had come whole by then; what had not is not waited for.
    private func noteEarly(_ scope: HTTPScope, _ receive: ASGIReceive) async throws {
        while case .httpRequest(_, let more) = try await receive() {
            if !more {
                _ = seen.noteComplete(method: scope.method, rawPath: scope.rawPath)
                return
            }
        }
    }
}
