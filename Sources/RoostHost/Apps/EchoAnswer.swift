internal import Roost

/// What `builtin:echo` says about a request.
enum EchoAnswer {
    /// - Parameter number: how many requests had come whole, this one included.
    static func encode(_ scope: HTTPScope, _ body: BodyDigest, number: Int) -> ByteBuffer {
        var writer = JSONWriter()
        writer.object([
            "method": { $0.string(scope.method) },
            "path": { $0.string(scope.path) },
            "raw_path": { $0.string(scope.rawPath) },
            "query_string": { $0.string(scope.queryString) },
            "headers": { $0.array(scope.headers) { writer, field in writer.array([field.name, field.value]) { $0.string($1) } } },
            "body_len": { $0.number(body.length) },
            "body_sha256": { $0.string(body.sha256) },
            "body_head": { $0.latin1(body.head) },
            "client": { $0.endpoint(scope.client) },
            "server": { $0.endpoint(scope.server) },
            "scheme": { $0.string(scope.scheme) },
            "http_version": { $0.string(scope.httpVersion) },
            "root_path": { $0.string(scope.rootPath) },
            "request_id": { $0.string(scope.requestID) },
            "extensions": { $0.extensions(scope.extensions) },
            "seq": { $0.number(number) },
        ])
        return writer.bytes
    }
}

extension JSONWriter {
    /// Host and port, as ASGI has them; null if it is not known.
    fileprivate mutating func endpoint(_ endpoint: Endpoint?) {
        guard let endpoint else { return null() }
        array([0, 1]) { writer, index in
            if index == 0 {
                writer.string(endpoint.host)
            } else if let port = endpoint.port {
                writer.number(port)
            } else {
                writer.null()
            }
        }
    }
}
