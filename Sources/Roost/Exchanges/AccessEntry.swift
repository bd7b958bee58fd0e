/// What an access log tells of one request.
public struct AccessEntry: Sendable {
    /// The request, with its client as `scope.client` resolves it.
    public let scope: HTTPScope
    /// The response's status; 0 if none was sent.
    public let status: Int
    /// How much of the response's body was sent, in bytes, without its framing.
    public let bodyBytes: Int
    /// From the request's head to the response's end.
    public let duration: Duration
    /// Whether the response was sent whole; false if the client went away or the response was broken off.
    public let isComplete: Bool
}
