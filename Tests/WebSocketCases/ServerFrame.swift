/// A frame that a server sent.
package struct ServerFrame: Sendable, Equatable {
    package var opcode: UInt8
    package var isFinal = true
    package var isCompressed = false
    package var payload: [UInt8]

    package init(opcode: UInt8, isCompressed: Bool = false, payload: [UInt8]) {
        self.opcode = opcode
        self.isCompressed = isCompressed
        self.payload = payload
    }

    /// The frame without the reason of a close frame, which is the server's own affair.
    package var withoutReason: ServerFrame {
        guard opcode == 8 else { return self }
        var frame = self
        frame.payload = Array(payload.prefix(2))
        return frame
    }

    /// Takes the frame at the beginning of `bytes` off them; returns nil if it is not complete, or is masked or has a reserved bit other than the first.
    package static func takeFirst(of bytes: inout [UInt8]) -> ServerFrame? {
        guard bytes.count >= 2, bytes[0] & 0x30 == 0, bytes[1] & 0x80 == 0 else { return nil }
        var length = Int(bytes[1])
        var offset = 2
        if length > 125 {
            let size = length == 126 ? 2 : 8
            guard bytes.count >= 2 + size else { return nil }
            length = bytes[2..<2 + size].reduce(0) { $0 << 8 | Int($1) }
            offset += size
        }
        guard bytes.count >= offset + length else { return nil }
        var frame = ServerFrame(opcode: bytes[0] & 0x0F, isCompressed: bytes[0] & 0x40 != 0, payload: Array(bytes[offset..<offset + length]))
        frame.isFinal = bytes[0] & 0x80 != 0
        bytes.removeSubrange(..<(offset + length))
        return frame
    }
}
