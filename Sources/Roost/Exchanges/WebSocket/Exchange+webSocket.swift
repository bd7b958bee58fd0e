package import HTTPWire
import NIOCore

/// An exchange whose request asks for a WebSocket.
extension Exchange {
    /// Whether a message that is sent reaches nobody, because the WebSocket is closed or the client gone. An application that is told so knows it.
    package func isWebSocketLost() -> Bool {
        guard let webSocket, !webSocket.isConnecting, webSocket.closure != nil || isCancelled else { return false }
        isLossKnown = true
        return true
    }

    /// Sends a message on the WebSocket, text as UTF-8; false if the application should wait for room before it sends more.
    package func send(_ kind: WebSocketMessageKind, _ bytes: Span<UInt8>) throws(ASGIError) -> Bool {
        guard let webSocket else { throw .unexpectedEvent("a websocket event was sent in an http scope") }
        if isCancelled { throw .clientGone }
        let mayGoOn = try webSocket.send(kind, bytes)
        writeIfAtOnce()
        return mayGoOn && self.mayGoOn(after: bytes.count)
    }

    func send(_ event: ASGISendEvent, to webSocket: WebSocketLink) throws(ASGIError) -> Bool {
        if isCancelled { throw .clientGone }
        switch event {
        case .websocketAccept(let subprotocol, let headers):
            try webSocket.accept(subprotocol: subprotocol, headers: headers, on: wire)
            response = .streaming
            sentStatus = head.version == .http2 ? 200 : 101
            return true
        case .websocketSend(let message):
            let mayGoOn = try webSocket.send(message)
            writeIfAtOnce()
            return mayGoOn && self.mayGoOn(after: message.byteCount)
        case .websocketClose(let code, let reason):
            guard webSocket.isConnecting else {
                guard let code = UInt16(exactly: code) else { throw .invalidResponse("\(code) is no code to close a WebSocket with") }
                try webSocket.close(code: code, reason: reason)
                writeIfAtOnce()
                return true
            }
            try webSocket.deny()
            _ = try sendResponse(.httpResponseStart(status: 403))
            return try sendResponse(.httpResponseBody())
        case .websocketHTTPResponseStart(let status, let headers):
            try webSocket.deny()
            return try sendResponse(.httpResponseStart(status: status, headers: headers))
        case .websocketHTTPResponseBody(let body, let more):
            return try sendResponse(.httpResponseBody(body, more: more))
        default:
            throw .unexpectedEvent("an event that is not for a WebSocket was sent in a websocket scope")
        }
    }

    /// Notes that there may be an event for the application.
    func webSocketChanged() { resumeEventWaits() }

    /// Notes that the WebSocket is closed in order, or given up.
    func webSocketEnded() {
        guard let wire else { return }
        sentBytes = webSocket?.sentBytes ?? 0
        logAccess(isComplete: webSocket?.closure?.code != WebSocketCloseCode.abnormal)
        response = .complete
        self.wire = nil
        resumeEventWaits()
        resumeRoomWaiter()
        if !isEnded { shared.schedule(after: shared.disconnectGrace) { [weak self] in self?.cancelIfUnaware() } }
        wire.responseComplete()
    }

    /// Ends an application that has not heard that its WebSocket is closed. One that has may have something left to do.
    func cancelIfUnaware() {
        if !isDisconnectDelivered, !isLossKnown, !isEnded { cancel() }
    }
}
