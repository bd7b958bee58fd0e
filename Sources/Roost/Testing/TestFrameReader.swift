import HTTPWire
import NIOCore

/// A frame of a WebSocket (RFC 6455 section 5.2).
struct TestFrame {
    var opcode: WebSocketOpcode
    var payload: ByteBuffer

    /// As a whole message of a client's, which masks what it sends.
    var encoded: ByteBuffer {
        var frame = WireBuffer()
        frame.appendFrame(opcode, payload.readableBytesUInt8Span, mask: .random(in: .min ... .max))
        return frame.withUnsafeReadableBytes { ByteBuffer(bytes: $0) }
    }
}

/// Takes a server's frames from bytes as they come, and knows nothing of how the server writes them but that it sends each message in one frame, and
/// compresses none because that was not offered.
struct TestFrameReader {
    private var bytes: ByteBuffer

    init(_ bytes: ByteBuffer) {
        self.bytes = bytes
    }

    mutating func append(_ more: ByteBuffer) { bytes.writeImmutableBuffer(more) }

    /// The next frame; nil if it has not come whole.
    mutating func next() throws(TestClientError) -> TestFrame? {
        var rest = bytes
        guard let (first, second) = rest.readMultipleIntegers(as: (UInt8, UInt8).self) else { return nil }
        guard first & 0xF0 == 0x80, let opcode = WebSocketOpcode(rawValue: first & 0x0F), second & 0x80 == 0 else {
            throw .malformed("a frame that begins with the bytes \(first) and \(second)")
        }
        let length: Int? =
            switch second {
            case 126: rest.readInteger(as: UInt16.self).map { Int($0) }
            case 127: rest.readInteger(as: UInt64.self).map { Int(clamping: $0) }
            default: Int(second)
            }
        guard let length, let payload = rest.readSlice(length: length) else { return nil }
        bytes = rest
        bytes.discardReadBytes()
        return TestFrame(opcode: opcode, payload: payload)
    }
}
