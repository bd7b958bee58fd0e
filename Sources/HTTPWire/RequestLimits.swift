/// How large the head of a request, or the trailer section of a chunked body, may be.
public struct RequestLimits: Sendable, Equatable {
    /// The longest request line in bytes, without its CRLF; a longer one is answered with 414. Default: 8190.
    public var requestLine = 8190
    /// The largest number of field lines; more are answered with 431. Default: 100.
    public var fieldCount = 100
    /// The longest field line in bytes, without its CRLF; a longer one is answered with 431. Default: 8190.
    public var fieldSize = 8190
    /// The largest head in bytes, from the first byte to the empty line's last; a larger one is answered with 431. Default: 32768. More
    /// than 65535 counts as 65535.
    public var headSize = 32768

    public init() {}
}
