public import HTTPWire
public import NIOCore

/// What an application gets from `receive`; one case per ASGI message.
public enum ASGIReceiveEvent: Sendable {
    /// `lifespan.startup`: the server is about to serve; answer with `lifespanStartupComplete` or `lifespanStartupFailed`.
    case lifespanStartup
    /// `lifespan.shutdown`: the server has stopped serving; answer with `lifespanShutdownComplete` or `lifespanShutdownFailed`.
    case lifespanShutdown
    /// `http.request`: a piece of the request's body; more follow while `more` is true.
    case httpRequest(body: ByteBuffer, more: Bool)
    /// `http.disconnect`: the client is gone, or the response is complete.
    case httpDisconnect
    /// `websocket.connect`: a client asks for a WebSocket; answer with `websocketAccept`, `websocketClose` or `websocketHTTPResponseStart`.
    case websocketConnect
    /// `websocket.receive`: a message of the client's.
    case websocketReceive(WebSocketMessage)
    /// `websocket.disconnect`: the WebSocket is closed, by either side. `code` is that of the close frame (RFC 6455 section 7.4), 1005 if that had none,
    /// 1006 if there was none.
    case websocketDisconnect(code: Int, reason: String)
}

/// What an application gives to `send`; one case per ASGI message.
public enum ASGISendEvent: Sendable {
    /// `lifespan.startup.complete`
    case lifespanStartupComplete
    /// `lifespan.startup.failed`: the server does not start; `message` reaches the operator.
    case lifespanStartupFailed(message: String)
    /// `lifespan.shutdown.complete`
    case lifespanShutdownComplete
    /// `lifespan.shutdown.failed`: `message` reaches the operator.
    case lifespanShutdownFailed(message: String)
    /// `http.response.start`: status and header fields; sent to the client together with the first body event. With `trailers`, the response is complete
    /// with the last `httpResponseTrailers`, and not with the last body event.
    case httpResponseStart(status: Int, headers: Headers = [:], trailers: Bool = false)
    /// `http.response.early_hint`: before the response, values of `Link` fields that the client may act on meanwhile (103, RFC 8297).
    ///
    /// Offered to `http` scopes as `ScopeExtensions.earlyHint` says; without that it is ignored.
    case httpResponseEarlyHint(links: [String])
    /// `http.response.body`: a piece of the response's body; more must follow while `more` is true.
    case httpResponseBody(_ body: ByteBuffer = ByteBuffer(), more: Bool = false)
    /// `http.response.pathsend`: instead of any `httpResponseBody`, the file with this absolute path is the whole body. The kernel sends it from where
    /// it is (sendfile(2)), so that it takes no memory, however long it is and however slow the client.
    ///
    /// The file's length is announced, or else so much of the file is sent as `content-length` says. A file that cannot be sent is an
    /// `ASGIError.unsendableFile`, and nothing was sent then: the application may answer otherwise, from `httpResponseStart` on. The file is opened
    /// within `send` and may be renamed or removed afterwards, but not be written to until it is sent: a client whose file becomes shorter is cut off.
    ///
    /// Offered to every `http` scope, as `ScopeExtensions.pathsend` says ("Path Send" in ASGI's "Extensions").
    case httpResponsePathsend(path: String)
    /// `http.response.zerocopysend`: a piece of the response's body that is a part of an open file, sent from where it is (sendfile(2)); pieces of either
    /// kind may follow while `more` is true.
    ///
    /// - `file` is a descriptor of a regular file that is open for reading. It stays the application's, which may close it as soon as `send` has returned.
    /// - `offset` is where the part begins, in bytes. Default: the descriptor's position, which is then moved to the part's end.
    /// - `count` is the part's length in bytes, or less if the file ends before. Default: up to the file's end.
    ///
    /// With `more`, `send` returns when the part is sent. What cannot be sent is an `ASGIError.unsendableFile`, and nothing of it was sent then: before
    /// the first piece the application may answer otherwise, from `httpResponseStart` on. Offered to every `http` scope, as
    /// `ScopeExtensions.zerocopysend` says ("Zero Copy Send" in ASGI's "Extensions").
    case httpResponseZerocopysend(file: Int32, offset: Int? = nil, count: Int? = nil, more: Bool = false)
    /// `http.response.trailers`: fields behind the body, if `httpResponseStart` has announced them; more must follow while `more` is true.
    ///
    /// Offered to `http` scopes as `ScopeExtensions.trailers` says, which is to clients that take them; without that they are ignored.
    case httpResponseTrailers(_ headers: Headers = [:], more: Bool = false)
    /// `websocket.accept`: opens the WebSocket, with one of the offered subprotocols or none. `headers` go into the handshake's response.
    case websocketAccept(subprotocol: String? = nil, headers: Headers = [:])
    /// `websocket.send`: a message for the client.
    case websocketSend(WebSocketMessage)
    /// `websocket.close`: closes the WebSocket with a code (RFC 6455 section 7.4) and a reason of up to 123 bytes; before `websocketAccept` it refuses the
    /// client, with 403.
    case websocketClose(code: Int = 1000, reason: String = "")
    /// `websocket.http.response.start`: refuses the client with a response of the application's own.
    case websocketHTTPResponseStart(status: Int, headers: Headers = [:])
    /// `websocket.http.response.body`: a piece of that response's body; more must follow while `more` is true.
    case websocketHTTPResponseBody(_ body: ByteBuffer = ByteBuffer(), more: Bool = false)
}
