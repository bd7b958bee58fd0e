import CPython
import HTTPWire
import ProxyProtocol
import Roost

/// Makes the `scope` of a request (ASGI, "HTTP Connection Scope") from the bytes that were received.
///
/// For the thread that holds the GIL.
final class ASGIScope {
    private let interned: Interned
    /// What is the same for every request.
    private let template: PyPointer
    /// The versions of ASGI; each request has a dictionary of its own, which its application may change.
    private let versions: PyPointer
    private var names = HeaderNames()

    init(_ interned: Interned) throws(PythonRaised) {
        self.interned = interned
        let template = try PythonReference(PyDict_New())
        let versions = try PythonReference(PyDict_New())
        for (key, value) in [("version", "3.0"), ("spec_version", "2.4")] {
            let key = try PythonText.object(key)
            try set(PythonText.object(value), at: key.pointer, of: versions.pointer)
        }
        try share(interned.http, at: interned.type, of: template.pointer)
        try share(interned.version11, at: interned.httpVersion, of: template.pointer)
        self.template = template.release()
        self.versions = versions.release()
    }

    deinit {
        Py_DecRef(template)
        Py_DecRef(versions)
    }

    /// Says in the thread's context, too, which request begins.
    ///
    /// - Parameter state: what the application has put into its lifespan's state; nil if it has no lifespan.
    func make(for exchange: Exchange, state: PyPointer?) throws(PythonRaised) -> PythonReference {
        let scope = try PythonReference(PyDict_Copy(template))
        let dictionary = scope.pointer
        let head = exchange.head
        let bytes = head.bytes
        let request = HTTPScope(exchange)

        switch bytes[head.methodRange] {
        case let method where method.elementsEqual("GET".utf8): try share(interned.get, at: interned.method, of: dictionary)
        case let method where method.elementsEqual("POST".utf8): try share(interned.post, at: interned.method, of: dictionary)
        case let method: try set(PythonText.ascii(method), at: interned.method, of: dictionary)
        }
        try set(PythonReference(PyDict_Copy(versions)), at: interned.asgi, of: dictionary)
        if head.version == .http10 { try share(interned.version10, at: interned.httpVersion, of: dictionary) }
        try set(PythonText.object(request.scheme), at: interned.scheme, of: dictionary)
        try set(PythonText.object(request.path), at: interned.path, of: dictionary)
        let rawPath = head.rawPathRange
        try set(rawPath.isEmpty ? PythonText.bytes([0x2F]) : PythonText.bytes(bytes[rawPath]), at: interned.rawPath, of: dictionary)
        let query = head.queryStringRange
        if query.isEmpty {
            try share(interned.emptyBytes, at: interned.queryString, of: dictionary)
        } else {
            try set(PythonText.bytes(bytes[query]), at: interned.queryString, of: dictionary)
        }
        try set(PythonText.object(request.rootPath), at: interned.rootPath, of: dictionary)
        try set(headers(of: exchange, request), at: interned.headers, of: dictionary)
        try setEndpoint(request.client, at: interned.client, of: dictionary)
        try setEndpoint(request.server, at: interned.serverKey, of: dictionary)
        if let state { try set(PythonReference(PyDict_Copy(state)), at: interned.state, of: dictionary) }
        let id = try PythonText.object(request.requestID)
        try interned.requestID.set(id)
        try set(ScopeExtensionsObject.make(request.extensions, requestID: id), at: interned.extensions, of: dictionary)
        return scope
    }

    private func headers(of exchange: Exchange, _ request: HTTPScope) throws(PythonRaised) -> PythonReference {
        guard !exchange.hasOtherHeaders else { return try changedHeaders(request.headers) }
        let head = exchange.head
        let bytes = head.bytes
        let list = try PythonReference(PyList_New(head.fieldCount))
        for index in 0..<head.fieldCount {
            let name = try names.object(bytes[head.fieldNameRange(at: index)])
            let value = try PythonText.bytes(bytes[head.fieldValueRange(at: index)])
            try Self.put(name, value, into: list.pointer, at: index)
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

    /// Host and port as a tuple, or None.
    private func setEndpoint(_ endpoint: Endpoint?, at key: PyPointer, of dictionary: PyPointer) throws(PythonRaised) {
        guard let endpoint else { return try share(Py_None(), at: key, of: dictionary) }
        let pair = try PythonReference(PyTuple_New(2))
        let port = try endpoint.port.map { port throws(PythonRaised) in try PythonReference(PyLong_FromLong(port)).release() } ?? returning(Py_None())
        guard PyTuple_SetItem(pair.pointer, 1, port) == 0,
            PyTuple_SetItem(pair.pointer, 0, try PythonText.object(endpoint.host).release()) == 0
        else { throw PythonRaised() }
        try set(pair, at: key, of: dictionary)
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
