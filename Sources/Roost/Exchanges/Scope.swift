/// What a call of an ASGI application is about.
public enum Scope: Sendable {
    /// One HTTP request.
    case http(HTTPScope)
    /// One WebSocket, from the request that asks for it until it is closed.
    case websocket(WebSocketScope)
    /// The application's own life: one call, from before the first request until after the last.
    case lifespan(LifespanScope)
}
