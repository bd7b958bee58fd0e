/// What of a request decides how its response is framed.
public struct ResponseContext: Sendable, Equatable {
    public var requestVersion: RequestHead.Version
    /// Whether the request's method was HEAD.
    public var isHead: Bool
    /// Whether both the client and the server want to keep the connection.
    public var keepAlive: Bool

    public init(requestVersion: RequestHead.Version, isHead: Bool, keepAlive: Bool) {
        self.requestVersion = requestVersion
        self.isHead = isHead
        self.keepAlive = keepAlive
    }
}

/// How the body of a response is framed, as its head has announced it.
public enum ResponseFraming: Sendable, Equatable {
    /// There is no body: to HEAD, and for 204, 205 and 304. Nothing must be sent after the head.
    case none
    /// Exactly this many bytes.
    case length(Int)
    /// Chunks, and a last one.
    case chunked
    /// Everything until the connection is closed: to HTTP/1.0, when the length is not known.
    case untilClose
}

/// What an encoded head has promised.
public struct EncodedHead: Sendable, Equatable {
    public let framing: ResponseFraming
    /// False if the connection must be closed after the response.
    public let keepAlive: Bool
}

/// Why a response can't be sent as the application wants it: the application's mistake. Nothing of it was written.
public struct InvalidResponseHead: Error, Sendable, Equatable, CustomStringConvertible {
    /// One line that says what is wrong and what was expected.
    public let reason: String

    public var description: String { reason }
}
