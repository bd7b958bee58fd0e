import CPython
import HTTPWire
import Roost

/// Makes the `environ` of a request (PEP 3333) from the bytes that were received: a copy of what is the same for all, and the rest.
///
/// For threads that hold the GIL.
final class WSGIEnviron {
    /// An address that came before, which most often comes again.
    private struct KnownEndpoint {
        let endpoint: Endpoint?
        let host, port: PyPointer
    }

    private let interned: Interned
    private let names: WSGIEnvironNames
    /// What is the same for every request, or for most.
    private let template: PyPointer
    private let extensions: ScopeExtensionsObject
    private let origins = OriginTemplate()
    /// Exclusivity is not checked at run time: nothing that looks for a name runs Python's code.
    @exclusivity(unchecked) private var fieldNames = WSGIFieldNames()
    private var server: KnownEndpoint?

    init(_ interned: Interned, _ types: WSGITypes, isMultithreaded: Bool, isMultiprocess: Bool) throws(PythonRaised) {
        self.interned = interned
        names = try WSGIEnvironNames()
        let template = PythonDictionary(try PythonReference(PyDict_New()))
        let version = try PythonReference(PyTuple_New(2))
        guard PyTuple_SetItem(version.pointer, 0, PyLong_FromLong(1)) == 0, PyTuple_SetItem(version.pointer, 1, PyLong_FromLong(0)) == 0 else {
            throw PythonRaised()
        }
        try template.set("wsgi.version", version)
        try template.set("wsgi.multithread", isMultithreaded)
        try template.set("wsgi.multiprocess", isMultiprocess)
        try template.set("wsgi.run_once", false)
        try template.set("wsgi.input_terminated", true)
        try template.set("wsgi.file_wrapper", PythonReference(sharing: types.fileWrapper))
        let dictionary = template.release()
        try share(names.http, at: names.urlScheme, of: dictionary.pointer)
        try share(names.http11, at: names.serverProtocol, of: dictionary.pointer)
        try share(interned.emptyText, at: names.scriptName, of: dictionary.pointer)
        try share(interned.emptyText, at: names.queryString, of: dictionary.pointer)
        try share(interned.emptyText, at: names.remoteAddress, of: dictionary.pointer)
        try share(interned.get, at: names.requestMethod, of: dictionary.pointer)
        try share(interned.slash, at: names.pathInfo, of: dictionary.pointer)
        try share(names.localhost, at: names.serverName, of: dictionary.pointer)
        try share(names.port80, at: names.serverPort, of: dictionary.pointer)
        try share(types.noInput, at: names.input, of: dictionary.pointer)
        for key in [names.errors, names.requestID, names.extensions] { try share(Py_None(), at: key, of: dictionary.pointer) }
        try Self.grow(dictionary.pointer)
        extensions = try ScopeExtensionsObject()
        self.template = dictionary.release()
    }

    deinit {
        // On whatever thread this is.
        InterpreterLock().held { Py_DecRef(template) }
    }

    /// Makes room for header fields: a dictionary that has grown stays as large, and so are its copies, none of which has to grow then.
    ///
    /// A few keys for a moment are enough; were there more, copies would be made key by key.
    private static func grow(_ dictionary: PyPointer) throws(PythonRaised) {
        // Texts, like all others: keys of several types take more room.
        let keys = ["1", "2", "3", "4"]
        for key in keys {
            let key = try PythonText.object(key)
            try share(Py_None(), at: key.pointer, of: dictionary)
        }
        for key in keys {
            let key = try PythonText.object(key)
            guard PyDict_DelItem(dictionary, key.pointer) == 0 else { throw PythonRaised() }
        }
    }

    /// Says in the thread's context, too, which request begins.
    ///
    /// - Parameters:
    ///   - input: `wsgi.input`; nil if the request has no body.
    ///   - errors: `wsgi.errors`.
    func make(for exchange: Exchange, input: PyPointer?, errors: PyPointer) throws(PythonRaised) -> PythonReference {
        let environ: PythonReference
        if let copy = try origins.copy(for: exchange) {
            environ = copy
        } else {
            environ = try origins.make(for: exchange, of: template) { (dictionary) throws(PythonRaised) in try setEnds(of: exchange, of: dictionary) }
        }
        let dictionary = environ.pointer
        let head = exchange.head
        let slice = head.bytes
        let bytes = slice.span

        // Of what the template says, only what is different is set.
        let method = bytes.extracting(head.methodRange)
        if method.equals("POST") {
            try share(interned.post, at: names.requestMethod, of: dictionary)
        } else if !method.equals("GET") {
            try set(PythonText.ascii(method), at: names.requestMethod, of: dictionary)
        }
        try setPath(of: head, bytes.extracting(head.rawPathRange), rootPath: exchange.rootPath, of: dictionary)
        let query = head.queryStringRange
        if !query.isEmpty { try set(PythonText.latin1(bytes.extracting(query)), at: names.queryString, of: dictionary) }
        switch head.version {
        case .http10: try share(names.http10, at: names.serverProtocol, of: dictionary)
        case .http11: break
        case .http2: try share(names.http2, at: names.serverProtocol, of: dictionary)
        }
        if exchange.hasOtherHeaders {
            try setFields(HTTPScope(exchange).headers, of: dictionary)
        } else {
            try setFields(of: head, bytes, of: dictionary)
        }
        if case .length(let length) = head.framing { try set(PythonText.object("\(length)"), at: names.contentLength, of: dictionary) }
        if let input { try share(input, at: names.input, of: dictionary) }
        try share(errors, at: names.errors, of: dictionary)
        let id = try PythonText.object(exchange.requestID)
        try interned.requestID.set(id)
        try interned.traceID.set(exchange.traceIDs.trace)
        try share(id.pointer, at: names.requestID, of: dictionary)
        return environ
    }

    /// Who is at the two ends of the connection, how it reached the application, and where that is mounted.
    private func setEnds(of exchange: Exchange, of dictionary: PyPointer) throws(PythonRaised) {
        let request = HTTPScope(exchange)
        let isSecure = request.scheme == "https"
        if isSecure { try share(names.https, at: names.urlScheme, of: dictionary) }
        try setServer(request.server, isSecure: isSecure, of: dictionary)
        if let client = request.client {
            try set(PythonText.object(client.host), at: names.remoteAddress, of: dictionary)
            if let port = client.port, port != 0 { try set(PythonText.object("\(port)"), at: names.remotePort, of: dictionary) }
        }
        let rootPath = request.rootPath
        if !rootPath.isEmpty { try set(PythonText.latin1(Array(rootPath.utf8).span), at: names.scriptName, of: dictionary) }
        try set(extensions.makeReadOnly(request.extensions), at: names.extensions, of: dictionary)
    }

    /// Splits the path where the application is mounted, as `MountedPath` does.
    private func setPath(of head: RequestHead, _ raw: Span<UInt8>, rootPath: String, of dictionary: PyPointer) throws(PythonRaised) {
        if head.isPathEscaped {
            let decoded = raw.percentDecoded
            try setMounted(decoded.span, rootPath, of: dictionary)
        } else if raw.isEmpty {
            try setMounted([0x2F].span, rootPath, of: dictionary)
        } else {
            try setMounted(raw, rootPath, of: dictionary)
        }
    }

    private func setMounted(_ path: Span<UInt8>, _ rootPath: String, of dictionary: PyPointer) throws(PythonRaised) {
        guard !rootPath.isEmpty else {
            if path.count > 1 || path[0] != 0x2F { try set(PythonText.latin1(path), at: names.pathInfo, of: dictionary) }
            return
        }
        let below = path.withUnsafeBufferPointer { $0.path(below: rootPath.utf8)?.count }
        try set(PythonText.latin1(path.extracting(last: below ?? path.count)), at: names.pathInfo, of: dictionary)
    }

    /// On a Unix socket there is neither name nor port, and both must be something.
    private func setServer(_ endpoint: Endpoint?, isSecure: Bool, of dictionary: PyPointer) throws(PythonRaised) {
        guard let endpoint, let port = endpoint.port else {
            if isSecure { try share(names.port443, at: names.serverPort, of: dictionary) }
            return
        }
        if server?.endpoint != endpoint {
            let host = try PythonText.object(endpoint.host)
            let number = try PythonText.object("\(port)")
            let before = server
            server = KnownEndpoint(endpoint: endpoint, host: host.release(), port: number.release())
            Py_DecRef(before?.host)
            Py_DecRef(before?.port)
        }
        guard let server else { return }
        try share(server.host, at: names.serverName, of: dictionary)
        try share(server.port, at: names.serverPort, of: dictionary)
    }

    // MARK: Header fields

    private func setFields(of head: RequestHead, _ bytes: Span<UInt8>, of dictionary: PyPointer) throws(PythonRaised) {
        fieldNames.begin()
        for index in 0..<head.fieldCount {
            let name = bytes.extracting(head.fieldNameRange(at: index))
            switch try fieldNames.place(of: name) {
            case .variable(let variable, let isRepeated, let place):
                let value = isRepeated
                    ? try Self.joined(head.fieldName(at: index), in: head) : try fieldNames.value(at: place, bytes.extracting(head.fieldValueRange(at: index)))
                try set(value, at: variable.pointer, of: dictionary)
            case .uncertain(let variable):
                try set(Self.joined(head.fieldName(at: index), in: head), at: variable.pointer, of: dictionary)
            case .none:
                if name.equals("content-type") {
                    // Of two the first counts.
                    guard PyDict_GetItemWithError(dictionary, names.contentType) == nil else { continue }
                    try set(PythonText.latin1(bytes.extracting(head.fieldValueRange(at: index))), at: names.contentType, of: dictionary)
                } else if name.equals("content-length") {
                    // The framing knows better, and has none if it is 0.
                    if case .none = head.framing { try share(names.zero, at: names.contentLength, of: dictionary) }
                }
            }
        }
    }

    /// The values of all fields of this name, which is in lower case.
    private static func joined(_ name: String, in head: RequestHead) throws(PythonRaised) -> PythonReference {
        let bytes = head.bytes
        let separator = name == "cookie" ? "; " : ","
        var joined: [UInt8] = []
        var isFirst = true
        for index in 0..<head.fieldCount where bytes[head.fieldNameRange(at: index)].elementsEqual(name.utf8) {
            if !isFirst { joined += separator.utf8 }
            isFirst = false
            joined += bytes[head.fieldValueRange(at: index)]
        }
        return try PythonText.latin1(joined.span)
    }

    /// Fields that are not all those that were received.
    private func setFields(_ headers: Headers, of dictionary: PyPointer) throws(PythonRaised) {
        for field in headers {
            guard let variable = try WSGIFieldNames.variable(for: field.name.utf8) else { continue }
            let values = headers.values(for: field.name)
            let separator = field.name == "cookie" ? "; " : ","
            try set(PythonText.object(values.joined(separator: separator)), at: variable.pointer, of: dictionary)
        }
        if let type = headers["content-type"] { try set(PythonText.object(type), at: names.contentType, of: dictionary) }
        if headers.contains(name: "content-length") { try share(names.zero, at: names.contentLength, of: dictionary) }
    }
}

/// The keys of an `environ`, and values that come again and again.
private struct WSGIEnvironNames {
    let requestMethod, scriptName, pathInfo, queryString, contentType, contentLength, serverName, serverPort, serverProtocol: PyPointer
    let remoteAddress, remotePort, urlScheme, input, errors, requestID, extensions: PyPointer
    let http, https, http10, http11, http2, localhost, port80, port443, zero: PyPointer

    init() throws(PythonRaised) {
        func text(_ text: String) throws(PythonRaised) -> PyPointer {
            try PythonReference(PyUnicode_InternFromString(text)).release()
        }
        requestMethod = try text("REQUEST_METHOD")
        scriptName = try text("SCRIPT_NAME")
        pathInfo = try text("PATH_INFO")
        queryString = try text("QUERY_STRING")
        contentType = try text("CONTENT_TYPE")
        contentLength = try text("CONTENT_LENGTH")
        serverName = try text("SERVER_NAME")
        serverPort = try text("SERVER_PORT")
        serverProtocol = try text("SERVER_PROTOCOL")
        remoteAddress = try text("REMOTE_ADDR")
        remotePort = try text("REMOTE_PORT")
        urlScheme = try text("wsgi.url_scheme")
        input = try text("wsgi.input")
        errors = try text("wsgi.errors")
        requestID = try text("roost.request_id")
        extensions = try text("roost.extensions")
        http = try text("http")
        https = try text("https")
        http10 = try text("HTTP/1.0")
        http11 = try text("HTTP/1.1")
        http2 = try text("HTTP/2")
        localhost = try text("localhost")
        port80 = try text("80")
        port443 = try text("443")
        zero = try text("0")
    }
}

extension PythonDictionary {
    fileprivate func set(_ key: String, _ value: Bool) throws(PythonRaised) {
        try set(key, PythonReference(sharing: value ? Py_True() : Py_False()))
    }
}

extension Span<UInt8> {
    /// The bytes with each `%` and the two digits behind it as the byte that they stand for. The parser has let no other `%` into a path.
    fileprivate var percentDecoded: [UInt8] {
        var decoded: [UInt8] = []
        decoded.reserveCapacity(count)
        var index = 0
        while index < count {
            if self[index] == 0x25, index + 2 < count, let high = self[index + 1].hexadecimalDigit, let low = self[index + 2].hexadecimalDigit {
                decoded.append(high << 4 | low)
                index += 3
            } else {
                decoded.append(self[index])
                index += 1
            }
        }
        return decoded
    }
}

extension UInt8 {
    fileprivate var hexadecimalDigit: UInt8? {
        switch self {
        case 0x30...0x39: self &- 0x30
        case 0x41...0x46: self &- 0x37
        case 0x61...0x66: self &- 0x57
        default: nil
        }
    }
}
