/// What a peer may ask of the memory and time that a WebSocket takes.
public struct WebSocketLimits: Sendable, Equatable {
    /// The largest message in bytes, after decompression; beyond it the connection is closed with 1009. `Int.max` for none.
    public var maxMessageSize = 16 << 20
    /// How many frames a message may consist of; beyond it the connection is closed with 1008.
    public var maxFragments = 1 << 17
    /// How many of them may be empty.
    public var maxEmptyFragments = 64
    /// While more bytes of output than this wait to be written, only the ping that came last is answered (RFC 6455 section 5.5.3).
    public var pongBacklog = 16 << 10

    public init() {}
}
