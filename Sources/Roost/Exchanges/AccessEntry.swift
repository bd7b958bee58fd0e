import HTTPWire

/// What an access log tells of one request.
public struct AccessEntry: Sendable {
    let exchange: Exchange
    /// The request, with its client as `scope.client` resolves it.
    public var scope: HTTPScope { HTTPScope(exchange) }
    /// The response's status; 0 if none was sent.
    public let status: Int
    /// How much of the response's body was sent, in bytes, without its framing.
    public let bodyBytes: Int
    /// From the request's head to the response's end.
    public let duration: Duration
    /// Whether the response was sent whole; false if the client went away or the response was broken off.
    public let isComplete: Bool
}

extension AccessEntry {
    /// The request's head as it was received.
    package var head: RequestHead { exchange.head }
    package var requestID: RequestID { exchange.requestID }
    /// The trace that the request belongs to, as far as that is to be believed.
    package var traceID: String? { exchange.traceIDs.trace }
    /// Who is calling, as `scope.client`.
    package var client: Endpoint? { exchange.told(\.address) }
    /// The client's address, or what is known instead, as in the log.
    package var clientName: String { exchange.clientName }
    package var isHTTPS: Bool { exchange.told(\.scheme) == .https }
    /// The listener's address as it is configured, such as `unix:/run/app.sock`; nil for a connection that came from none.
    package var bind: String? { exchange.origin.policy.bind }
    /// The response's head as it was sent, if `Config.recordsResponseHead` is set; empty if none was sent.
    package var responseHead: [UInt8] { exchange.responseHead }
}
