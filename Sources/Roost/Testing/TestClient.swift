public import HTTPWire
public import NIOCore

/// Calls an application without sockets: requests are bytes that go through the same core that serves real connections, on an event loop of
/// the client's own, and the response is read back from bytes.
///
/// ```swift
/// try await withTestClient(app) { client in
///     let response = try await client.get("/hello")
///     #expect(response.status == 200)
///     #expect(response.text == "Hello World")
/// }
/// ```
public struct TestClient: Sendable {
    let server: TestServer

    /// A client of `app`, whose lifespan is not run; `withTestClient` runs it.
    ///
    /// - Parameters:
    ///   - client: who the application is told is calling. Default: 127.0.0.1, port 50000; nil is what a Unix socket gives.
    ///   - address: the address that the application is told the request came to. Default: 127.0.0.1, port 8000.
    /// - Throws: `ConfigError`; `SystemError` if the kernel grants no thread or descriptors.
    public init(
        _ app: Framework,
        _ config: Config = Config(),
        client: Endpoint? = Endpoint(host: "127.0.0.1", port: 50000),
        address: Endpoint = Endpoint(host: "127.0.0.1", port: 8000)
    ) throws {
        // Requests come without a PROXY header; a connection of the test's own may begin with one.
        var config = config
        if config.proxyProtocol != .off { config.proxyProtocol = .auto }
        server = try TestServer(app, config, origin: ConnectionOrigin(client: client, server: address, policy: PeerPolicy(config)))
    }

    /// A client of an ASGI application; see the other form.
    public init(_ app: @escaping ASGIFramework, _ config: Config = Config()) throws {
        try self.init(.asgi(app), config)
    }

    /// A client of a WSGI application; see the other form.
    public init(_ app: @escaping WSGIFramework, _ config: Config = Config()) throws {
        try self.init(.wsgi(app), config)
    }

    /// Opens a connection.
    public func connect() async -> TestConnection {
        await TestConnection(server)
    }

    /// Sends a request on a connection of its own and waits for the whole response.
    ///
    /// - Parameters:
    ///   - method: sent as it is.
    ///   - target: path and query, sent as they are.
    ///   - headers: `host` is added if it is missing, and so is `content-length` if there is a body and nothing else frames it.
    /// - Throws: `TestClientError` if there is no whole response.
    public func request(_ method: String, _ target: String, headers: Headers = [:], body: ByteBuffer? = nil) async throws -> TestResponse {
        let connection = await connect()
        connection.send(Self.encoded(method, target, headers, body))
        var reader = TestResponseReader(isHead: method == "HEAD")
        return try await Self.response(on: connection, by: &reader)
    }

    /// Waits for the response to the request that was sent.
    static func response(on connection: TestConnection, by reader: inout TestResponseReader) async throws -> TestResponse {
        do {
            while let bytes = try await connection.receive() {
                if let response = try reader.take(bytes) { return response }
            }
        } catch TestClientError.reset {
            throw TestClientError.truncated(reader.partial)
        }
        return try reader.end()
    }

    /// Sends a request with `text` in UTF-8 as its body; see the other form.
    public func request(_ method: String, _ target: String, headers: Headers = [:], body text: String) async throws -> TestResponse {
        try await request(method, target, headers: headers, body: ByteBuffer(string: text))
    }

    /// Sends a GET request.
    public func get(_ target: String, headers: Headers = [:]) async throws -> TestResponse {
        try await request("GET", target, headers: headers)
    }

    /// Sends a POST request with `text` in UTF-8 as its body.
    public func post(_ target: String, headers: Headers = [:], body text: String) async throws -> TestResponse {
        try await request("POST", target, headers: headers, body: text)
    }

    /// Sends a POST request.
    public func post(_ target: String, headers: Headers = [:], body: ByteBuffer) async throws -> TestResponse {
        try await request("POST", target, headers: headers, body: body)
    }

    static func encoded(_ method: String, _ target: String, _ headers: Headers, _ body: ByteBuffer?) -> ByteBuffer {
        var bytes = ByteBuffer(string: "\(method) \(target) HTTP/1.1\r\n")
        if !headers.contains(name: "host") { bytes.writeString("host: test\r\n") }
        for field in headers {
            bytes.writeString("\(field.name): ")
            // A scalar of the value stands for one byte.
            for scalar in field.value.unicodeScalars { bytes.writeInteger(UInt8(truncatingIfNeeded: scalar.value)) }
            bytes.writeString("\r\n")
        }
        if let body, !headers.contains(name: "content-length"), !headers.contains(name: "transfer-encoding") {
            bytes.writeString("content-length: \(body.readableBytes)\r\n")
        }
        bytes.writeString("\r\n")
        if let body { bytes.writeImmutableBuffer(body) }
        return bytes
    }
}

/// Runs `app`'s lifespan startup, then `body` with a client, then the lifespan shutdown, also when `body` throws.
///
/// - Throws: what `body` throws; `LifespanError`; what `TestClient.init` throws.
public func withTestClient<Result>(
    _ app: Framework,
    _ config: Config = Config(),
    _ body: (TestClient) async throws -> Result
) async throws -> Result {
    let client = try TestClient(app, config)
    try await client.server.startUp()
    let result: Result
    do {
        result = try await body(client)
    } catch {
        try? await client.server.shutDown()
        throw error
    }
    try await client.server.shutDown()
    return result
}

/// Runs `body` with a client of an ASGI application; see the other form.
public func withTestClient<Result>(
    _ app: @escaping ASGIFramework,
    _ config: Config = Config(),
    _ body: (TestClient) async throws -> Result
) async throws -> Result {
    try await withTestClient(.asgi(app), config, body)
}

/// Runs `body` with a client of a WSGI application; see the other form.
public func withTestClient<Result>(
    _ app: @escaping WSGIFramework,
    _ config: Config = Config(),
    _ body: (TestClient) async throws -> Result
) async throws -> Result {
    try await withTestClient(.wsgi(app), config, body)
}
