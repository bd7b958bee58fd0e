import HTTPWire
import NIOCore

/// A connection that has become a WebSocket.
extension HTTP1Connection: WebSocketWire {
    func webSocketIsOpen(_ link: WebSocketLink) {
        phase = .webSocket
        // What the client sent without waiting for the handshake's end.
        consumeInput()
        if shared.isDraining { link.drain() }
    }

    func write(frames: Span<UInt8>) {
        if output.isEmpty { mark = shared.loop.now }
        output.gather()
        output.gathered.append(frames)
        changed()
    }

    func write(payload: ByteBuffer) {
        if output.isEmpty { mark = shared.loop.now }
        output.append(payload)
        changed()
    }

    func webSocketWantsBytes() {
        changed()
    }
}
