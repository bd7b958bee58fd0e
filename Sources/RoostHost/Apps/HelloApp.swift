internal import Roost

/// `builtin:hello`: answers everything with `Hello World`.
enum HelloApp {
    // Made once: a request shares them and copies nothing.
    private static let headers: Headers = ["content-type": "text/plain"]
    private static let body = ByteBuffer(string: "Hello World")

    static let application: ASGIFramework = { scope, receive, send in
        switch scope {
        case .http:
            // The whole body is in one event, so the server knows its length and sends content-length.
            try await send(.httpResponseStart(status: 200, headers: headers))
            try await send(.httpResponseBody(body))
        case .websocket:
            try await WebSocketSession.refuse(receive, send)
        case .lifespan:
            try await LifespanAnswers.answer(receive, send)
        }
    }
}
