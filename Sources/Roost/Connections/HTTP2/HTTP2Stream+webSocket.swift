import HTTPWire
import NIOCore

/// A stream that has become a WebSocket (RFC 8441).
extension HTTP2Stream: WebSocketWire {
    func webSocketIsOpen(_ link: WebSocketLink) {
        connection.watch(until: link.deadline)
        if shared.isDraining { link.drain() }
    }

    func write(frames: Span<UInt8>) {
        var bytes = ByteBuffer()
        bytes.writeBytes(frames.bytes)
        write(payload: bytes)
    }

    func write(payload: ByteBuffer) {
        guard !hasEnded else { return }
        put(.data(payload, ends: false))
        connection.watch(until: deadline)
    }

    func webSocketWantsBytes() { if exchange?.webSocket?.wantsBytes ?? false { applicationTookBody() } }
}
