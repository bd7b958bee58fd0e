public import HTTPWire

extension TestClient {
    /// Asks for a WebSocket on a connection of its own, and waits until the application has accepted it. Compression is not offered.
    ///
    /// - Parameters:
    ///   - target: path and query, sent as they are.
    ///   - subprotocols: those offered, the best first.
    ///   - headers: fields beside those of the handshake.
    /// - Throws: `TestClientError.refused` with the response if the application refuses; the other cases if there is no whole response.
    public func webSocket(_ target: String, subprotocols: [String] = [], headers: Headers = [:]) async throws -> TestWebSocket {
        var fields = headers
        for (name, value) in [("connection", "upgrade"), ("upgrade", "websocket"), ("sec-websocket-version", "13"), ("sec-websocket-key", Self.key)] {
            fields.append(name: name, value: value)
        }
        if !subprotocols.isEmpty { fields.append(name: "sec-websocket-protocol", value: subprotocols.joined(separator: ", ")) }
        let connection = await connect()
        connection.send(Self.encoded("GET", target, fields, nil))
        var reader = TestResponseReader(isHead: false)
        let response = try await Self.response(on: connection, by: &reader)
        guard response.status == 101 else { throw TestClientError.refused(response) }
        guard response.headers["sec-websocket-accept"] == WebSocketHandshake.accept(forKey: Self.key) else {
            throw TestClientError.malformed("sec-websocket-accept does not answer the key")
        }
        return TestWebSocket(response, on: connection, rest: reader.rest)
    }

    /// Sixteen zeros: there is no cache on the way that a random key would be for.
    private static var key: String { "AAAAAAAAAAAAAAAAAAAAAA==" }
}
