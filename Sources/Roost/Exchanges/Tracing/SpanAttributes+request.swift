import HTTPWire
import Tracing

extension SpanAttributes {
    /// How many there are of a request and its response, at most.
    private static let number = 20

    /// What OpenTelemetry's conventions tell of a request.
    ///
    /// - Parameter method: nil if it is not one of those that are known.
    mutating func describe(_ exchange: Exchange, method: String?) {
        reserveCapacity(Self.number)
        let head = exchange.head
        put("http.request.method", method ?? "_OTHER")
        if method == nil { put("http.request.method_original", head.method) }
        put("url.path", head.rawPath)
        let query = head.queryString
        if !query.isEmpty { put("url.query", RedactedQuery.text(query)) }
        put("network.protocol.version", "\(head.version.number)")
        if let index = head.firstIndex(ofField: "user-agent") { put("user_agent.original", head.fieldValue(at: index)) }
        put("roost.request_id", exchange.requestID.description)

        let client = exchange.client
        put("url.scheme", client.scheme.rawValue)
        put("client.address", "client.port", client.address)
        put("network.peer.address", "network.peer.port", exchange.origin.peer)
        put("server.address", "server.port", Self.server(of: exchange, client))
    }

    /// Not by the subscript, which puts each value into a box first.
    mutating func put(_ name: String, _ text: String) { set(name, value: .string(text)) }

    mutating func put(_ name: String, _ number: Int) { set(name, value: .int64(Int64(number))) }

    private mutating func put(_ addressName: String, _ portName: String, _ endpoint: Endpoint?) {
        guard let endpoint else { return }
        put(addressName, endpoint.host)
        if let port = endpoint.port, port > 0 { put(portName, port) }
    }

    /// Host and port as the client knows them, else where the request came to.
    private static func server(of exchange: Exchange, _ client: Client) -> Endpoint? {
        let host = Array((client.host ?? exchange.head.host).utf8)
        guard let authority = Authority(host.span), !authority.host.isEmpty else { return client.server }
        return Endpoint(host: authority.host, port: authority.port ?? client.scheme.defaultPort)
    }
}
