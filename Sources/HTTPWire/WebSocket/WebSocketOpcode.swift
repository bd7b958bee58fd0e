/// What a frame is (RFC 6455 section 5.2).
public enum WebSocketOpcode: UInt8, Sendable {
    case continuation = 0
    case text = 1
    case binary = 2
    case close = 8
    case ping = 9
    case pong = 10

    var isControl: Bool { rawValue >= 8 }
}

/// What a message is.
public enum WebSocketMessageKind: Sendable, Equatable {
    /// UTF-8.
    case text
    case binary

    var opcode: WebSocketOpcode { self == .text ? .text : .binary }
}
