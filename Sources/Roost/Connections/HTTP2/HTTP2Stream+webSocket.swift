import HTTPWire
import NIOCore

/// A stream that has become a WebSocket (RFC 8441).
extension HTTP2Stream: WebSocketWire {
    func webSocketIsOpen(_ link: WebSocketLink) {
        connection.watch(until: link.deadline)
        if shared.isDraining { link.drain() }
    }

    func write(frames: Span<UInt8>) {
        guard !hasEnded else { return }
        // Small frames that wait, such as answers to pings, share a piece.
        guard case .data(var bytes, ends: false)? = pieces.last, bytes.readableBytes < OutputQueue.copyLimit else {
            var bytes = ByteBuffer()
            bytes.writeBytes(frames.bytes)
            return write(payload: bytes)
        }
        // While two hold the bytes, appending copies them.
        pieces[pieces.count - 1] = .data(ByteBuffer(), ends: false)
        bytes.writeBytes(frames.bytes)
        pieces[pieces.count - 1] = .data(bytes, ends: false)
        waitingBytes += frames.count
        connection.watch(until: deadline)
    }

    func write(payload: ByteBuffer) {
        guard !hasEnded else { return }
        put(.data(payload, ends: false))
        connection.watch(until: deadline)
    }

    func webSocketWantsBytes() {
        guard let link = exchange?.webSocket, link.wantsBytes else { return }
        connection.watch(until: deadline)
        // Of a client that does not take the answers to its pings no more of them are taken.
        if waitingBytes < WireConnection.highWater { applicationTookBody() }
    }

    /// Whether the client may send more once what waits for it is less.
    var owesWindow: Bool { exchange?.webSocket != nil && unreturnedBytes >= Self.windowStep }
}
