/// The answers to the opening handshake of a WebSocket (RFC 6455 section 4.2.2).
extension WireBuffer {
    /// Appends the response `101 (Switching Protocols)` that accepts a WebSocket.
    /// - Parameters:
    ///   - subprotocol: that of the client's which the application chose; nil for none.
    ///   - deflate: what was agreed on; nil for no compression.
    ///   - headers: the application's. Those that belong to the handshake or frame a body are dropped: `connection`, `upgrade`, `sec-websocket-*`,
    ///     `content-length`, `transfer-encoding`, `keep-alive`, `proxy-connection`.
    ///   - date: the value of `date`, unless the application has one; nil to send none.
    ///   - server: the value of `server`, unless the application has one; nil to send none.
    ///   - requestID: the value of `x-request-id`, unless the application has one; nil to send none.
    /// - Throws: `InvalidResponseHead` for a field that is none, or a subprotocol that is no token; the buffer then holds what it held before.
    public mutating func appendSwitchingProtocols(
        _ handshake: WebSocketHandshake,
        subprotocol: String?,
        deflate: DeflateAgreement?,
        headers: Headers,
        date: HTTPDate?,
        server: StaticString?,
        requestID: RequestID? = nil
    ) throws(InvalidResponseHead) {
        let before = readableBytes
        do throws(InvalidResponseHead) {
            append("HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\nsec-websocket-accept: ")
            append(Array(handshake.accept.utf8))
            append("\r\n")
            if let subprotocol {
                guard subprotocol.utf8.span.bytes.isToken, !subprotocol.isEmpty else {
                    throw InvalidResponseHead(reason: "the subprotocol \(Array(subprotocol.utf8).span.text) is no token")
                }
                appendField("sec-websocket-protocol".utf8.span, subprotocol.utf8.span)
            }
            if let deflate { appendField("sec-websocket-extensions".utf8.span, deflate.responseValue.utf8.span) }
            var facts = ResponseFacts()
            for field in headers where !Self.belongsToHandshake(field.name) {
                try appendField(field.name.utf8.span, field.value.utf8.span, &facts)
            }
            appendEnd(date: date, server: server, requestID: requestID, besides: facts)
        } catch {
            truncate(to: before)
            throw error
        }
    }

    /// Appends the response `426 (Upgrade Required)` to a version of WebSocket that there is not here; the connection is to be closed behind it.
    public mutating func appendUpgradeRequired(date: HTTPDate?, server: StaticString?, requestID: RequestID? = nil) {
        append("HTTP/1.1 426 Upgrade Required\r\nupgrade: websocket\r\nconnection: upgrade, close\r\nsec-websocket-version: 13\r\ncontent-length: 0\r\n")
        appendEnd(date: date, server: server, requestID: requestID, besides: ResponseFacts())
    }

    private static func belongsToHandshake(_ name: String) -> Bool {
        let name = name.lowercased()
        return handshakeFields.contains(name) || name.hasPrefix("sec-websocket-")
    }

    private static let handshakeFields: Set<String> = [
        "connection", "upgrade", "content-length", "transfer-encoding", "keep-alive", "proxy-connection",
    ]
}
