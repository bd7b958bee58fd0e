import CPython
import HTTPWire
import ProxyProtocol
import Roost

/// Makes the `scope` of a request (ASGI, "HTTP Connection Scope" and "Websocket Connection Scope") from the bytes that were received.
///
/// For the thread that holds the GIL.
final class ASGIScope {
    private let interned: Interned
    /// What is the same for every request, or for most.
    private let template: PyPointer
    /// The same for WebSockets.
    private let webSocketTemplate: PyPointer
    /// The versions of ASGI; each request has a dictionary of its own, which its application may change.
    private let versions: PyPointer
    private let extensions: ScopeExtensionsObject
    private let origins = OriginTemplate()
    private let client = EndpointObject()
    private let server = EndpointObject()
    /// Exclusivity is not checked at run time: nothing that looks for a field runs Python's code.
    @exclusivity(unchecked) private var pairs = HeaderPairs()

    init(_ interned: Interned) throws(PythonRaised) {
        self.interned = interned
        let template = try PythonReference(PyDict_New())
        let versions = try PythonReference(PyDict_New())
        for (key, value) in [("version", "3.0"), ("spec_version", "2.4")] {
            let key = try PythonText.object(key)
            try set(PythonText.object(value), at: key.pointer, of: versions.pointer)
        }
        for (key, value) in [
            (interned.type, interned.http), (interned.asgi, Py_None()), (interned.httpVersion, interned.version11),
            (interned.method, interned.get), (interned.scheme, interned.http), (interned.path, interned.slash),
            (interned.rawPath, Py_None()), (interned.queryString, interned.emptyBytes), (interned.rootPath, interned.emptyText),
            (interned.headers, Py_None()), (interned.client, Py_None()), (interned.serverKey, Py_None()), (interned.extensions, Py_None()),
        ] { try share(value, at: key, of: template.pointer) }
        let webSocketTemplate = try PythonReference(PyDict_New())
        for (key, value) in [
            (interned.type, interned.websocket), (interned.asgi, Py_None()), (interned.httpVersion, interned.version11),
            (interned.scheme, interned.ws), (interned.path, interned.slash), (interned.rawPath, Py_None()),
            (interned.queryString, interned.emptyBytes), (interned.rootPath, interned.emptyText), (interned.headers, Py_None()),
            (interned.client, Py_None()), (interned.serverKey, Py_None()), (interned.subprotocols, Py_None()), (interned.extensions, Py_None()),
        ] { try share(value, at: key, of: webSocketTemplate.pointer) }
        extensions = try ScopeExtensionsObject()
        self.template = template.release()
        self.webSocketTemplate = webSocketTemplate.release()
        self.versions = versions.release()
    }

    deinit {
        Py_DecRef(template)
        Py_DecRef(webSocketTemplate)
        Py_DecRef(versions)
        pairs.removeAll()
    }

    /// Says in the thread's context, too, which request begins.
    ///
    /// - Parameters:
    ///   - id: what the request is called.
    ///   - state: what the application has put into its lifespan's state; nil if it has no lifespan.
    func make(for exchange: Exchange, id: borrowing PythonReference, state: PyPointer?) throws(PythonRaised) -> PythonReference {
        let isWebSocket = exchange.asksForWebSocket
        let head = exchange.head
        let slice = head.bytes
        let bytes = slice.span
        let scope: PythonReference
        if isWebSocket {
            scope = try PythonReference(PyDict_Copy(webSocketTemplate))
            try setEnds(of: exchange, https: interned.wss, of: scope.pointer)
        } else if let copy = try origins.copy(for: exchange) {
            scope = copy
        } else {
            scope = try origins.make(for: exchange, of: template) { (dictionary) throws(PythonRaised) in
                try setEnds(of: exchange, https: interned.https, of: dictionary)
            }
        }
        let dictionary = scope.pointer

        // Of what the template says, only what is different is set.
        if isWebSocket {
            try set(Self.list(WebSocketScope(exchange).subprotocols), at: interned.subprotocols, of: dictionary)
        } else {
            try setMethod(bytes.extracting(head.methodRange), of: dictionary)
        }
        try set(PythonReference(PyDict_Copy(versions)), at: interned.asgi, of: dictionary)
        switch head.version {
        case .http10: try share(interned.version10, at: interned.httpVersion, of: dictionary)
        case .http11: break
        case .http2: try share(interned.version2, at: interned.httpVersion, of: dictionary)
        }
        let rootPath = exchange.rootPath
        if rootPath.isEmpty || head.targetForm == .asterisk {
            try setPath(of: head, bytes.extracting(head.rawPathRange), of: dictionary)
        } else {
            try setPath(of: head, below: rootPath, of: dictionary)
        }
        let query = head.queryStringRange
        if !query.isEmpty { try set(PythonText.bytes(bytes.extracting(query)), at: interned.queryString, of: dictionary) }
        try set(headers(of: exchange, bytes), at: interned.headers, of: dictionary)
        if let state { try set(PythonReference(PyDict_Copy(state)), at: interned.state, of: dictionary) }
        try interned.requestID.set(id)
        try interned.traceID.set(exchange.traceIDs.trace)
        try set(extensions.make(HTTPScope(exchange).extensions, requestID: id), at: interned.extensions, of: dictionary)
        return scope
    }

    /// Who is at the two ends of the connection, and how it reached the application.
    private func setEnds(of exchange: Exchange, https: PyPointer, of dictionary: PyPointer) throws(PythonRaised) {
        let request = HTTPScope(exchange)
        if request.scheme == "https" { try share(https, at: interned.scheme, of: dictionary) }
        let rootPath = request.rootPath
        if !rootPath.isEmpty { try set(PythonText.object(rootPath), at: interned.rootPath, of: dictionary) }
        if let endpoint = request.client { try set(client.object(endpoint), at: interned.client, of: dictionary) }
        if let endpoint = request.server { try set(server.object(endpoint), at: interned.serverKey, of: dictionary) }
    }

    private func setMethod(_ method: Span<UInt8>, of dictionary: PyPointer) throws(PythonRaised) {
        if method.equals("POST") {
            try share(interned.post, at: interned.method, of: dictionary)
        } else if !method.equals("GET") {
            try set(PythonText.ascii(method), at: interned.method, of: dictionary)
        }
    }

    private static func list(_ texts: [String]) throws(PythonRaised) -> PythonReference {
        let list = try PythonReference(PyList_New(texts.count))
        for (index, text) in texts.enumerated() {
            guard PyList_SetItem(list.pointer, index, try PythonText.object(text).release()) == 0 else { throw PythonRaised() }
        }
        return list
    }

    private func setPath(of head: RequestHead, _ raw: Span<UInt8>, of dictionary: PyPointer) throws(PythonRaised) {
        guard !raw.isEmpty else { return try set(PythonText.bytes([0x2F].span), at: interned.rawPath, of: dictionary) }
        if head.isPathEscaped {
            try set(PythonText.object(head.path), at: interned.path, of: dictionary)
        } else if raw.count > 1 || raw[0] != 0x2F {
            try set(PythonText.ascii(raw), at: interned.path, of: dictionary)
        }
        try set(PythonText.bytes(raw), at: interned.rawPath, of: dictionary)
    }

    /// The path that the client asked for, where the application is mounted: `path` and `raw_path` begin with `root_path`, as applications expect which
    /// mount others. A path that is not below it is one that the proxy has taken the prefix from.
    private func setPath(of head: RequestHead, below rootPath: String, of dictionary: PyPointer) throws(PythonRaised) {
        let path = head.path
        let isBelow = path.utf8.path(below: rootPath.utf8) != nil
        try set(PythonText.object(isBelow ? path : rootPath + path), at: interned.path, of: dictionary)
        let rawPath = (isBelow ? "" : rootPath.percentEncodedPath) + head.rawPath
        try set(PythonText.bytes(Array(rawPath.utf8).span), at: interned.rawPath, of: dictionary)
    }

    private func headers(of exchange: Exchange, _ bytes: Span<UInt8>) throws(PythonRaised) -> PythonReference {
        guard !exchange.hasOtherHeaders else { return try changedHeaders(HTTPScope(exchange).headers) }
        let head = exchange.head
        let list = try PythonReference(PyList_New(head.fieldCount))
        for index in 0..<head.fieldCount {
            let pair = try pairs.object(bytes.extracting(head.fieldNameRange(at: index)), bytes.extracting(head.fieldValueRange(at: index)))
            // It takes the reference over, also when it fails.
            guard PyList_SetItem(list.pointer, index, pair.release()) == 0 else { throw PythonRaised() }
        }
        return list
    }

    private func changedHeaders(_ headers: Headers) throws(PythonRaised) -> PythonReference {
        let list = try PythonReference(PyList_New(headers.count))
        for (index, field) in headers.enumerated() {
            try Self.put(PythonText.latin1(field.name), PythonText.latin1(field.value), into: list.pointer, at: index)
        }
        return list
    }

    private static func put(
        _ name: consuming PythonReference, _ value: consuming PythonReference, into list: PyPointer, at index: Int
    ) throws(PythonRaised) {
        let pair = try PythonReference(PyTuple_New(2))
        // Both take the reference over, also when they fail.
        guard PyTuple_SetItem(pair.pointer, 0, name.release()) == 0, PyTuple_SetItem(pair.pointer, 1, value.release()) == 0,
            PyList_SetItem(list, index, pair.release()) == 0
        else { throw PythonRaised() }
    }
}

/// Puts a value into a dictionary.
func set(_ value: consuming PythonReference, at key: PyPointer, of dictionary: PyPointer) throws(PythonRaised) {
    guard PyDict_SetItem(dictionary, key, value.pointer) == 0 else { throw PythonRaised() }
}

/// Puts a value that somebody else holds into a dictionary.
func share(_ value: PyPointer, at key: PyPointer, of dictionary: PyPointer) throws(PythonRaised) {
    guard PyDict_SetItem(dictionary, key, value) == 0 else { throw PythonRaised() }
}
