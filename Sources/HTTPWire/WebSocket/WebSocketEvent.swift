/// What has become of the bytes that a peer sent.
public enum WebSocketEvent: Sendable, Equatable {
    /// Nothing yet; all bytes are consumed.
    case needMore
    /// A message is complete; its bytes are what `WebSocketConnection` gives until it receives again. Text is valid UTF-8.
    case message(WebSocketMessageKind)
    /// A ping; its pong is in the output already, or waits for room there.
    case ping([UInt8])
    /// A pong, to a ping or unasked.
    case pong([UInt8])
    /// The peer closes, or agrees to a close; the frame that agrees to its close is in the output already. The code is nil if the frame had none.
    /// The transport is to be closed once the output is written.
    case closed(code: UInt16?, reason: String)
    /// The peer has broken the protocol or a limit; a close frame is in the output, unless one was sent before. The transport is to be closed once the
    /// output is written.
    case failed(code: UInt16, reason: String)
}

/// Why the connection fails, as the parts of it throw it: without a reference count to keep.
struct WebSocketFault: Error {
    let code: UInt16
    let reason: StaticString

    static func protocolError(_ reason: StaticString) -> WebSocketFault { WebSocketFault(code: WebSocketCloseCode.protocolError, reason: reason) }
    static func invalidData(_ reason: StaticString) -> WebSocketFault { WebSocketFault(code: WebSocketCloseCode.invalidData, reason: reason) }
    static func policyViolation(_ reason: StaticString) -> WebSocketFault { WebSocketFault(code: WebSocketCloseCode.policyViolation, reason: reason) }
    static var tooBig: WebSocketFault { WebSocketFault(code: WebSocketCloseCode.tooBig, reason: "the message is too big") }
}
