/// How a server compresses messages, and what it asks of a client (RFC 7692).
public struct DeflateSettings: Sendable, Equatable {
    /// What zlib spends on compression, 1 (least) to 9 (most).
    public var level = 3
    /// What zlib's compressor takes for its tables, 1 to 9: a kibibyte at 1, and twice as much with each step.
    public var memoryLevel = 5
    /// The largest window of the server's compressor, 9 to 15: it takes four times 2 to this power in bytes for each connection.
    public var serverMaxWindowBits = 12
    /// The largest window of the client's compressor, 9 to 15, which is what the server's decompressor takes for each connection. A client that does not
    /// let itself be told uses 15.
    public var clientMaxWindowBits = 12
    /// Whether each message of the server is compressed by itself: nothing is kept between messages, at the price of size and time.
    public var serverNoContextTakeover = false
    /// Whether the client must compress each message by itself.
    public var clientNoContextTakeover = false
    /// Messages of fewer bytes are sent as they are; at least 1.
    public var threshold = 64

    public init() {}
}
