import CPython
import ProxyProtocol
import Roost

/// Makes Roost's scope extensions as ASGI has them: a dictionary of dictionaries by name, each of them the request's own, or one that nobody can change.
///
/// For threads that hold the GIL.
final class ScopeExtensionsObject {
    private let requestIDKey, pathsendKey, zerocopysendKey, trailersKey, earlyHintKey, webSocketResponseKey, idKey, peerKey, pidKey, uidKey, gidKey: PyPointer
    /// The peer of the request before, which most often is the next one's too, and its dictionary to be copied.
    private var knownPeer: (credentials: PeerCredentials, dictionary: PyPointer)?

    init() throws(PythonRaised) {
        func name(_ text: String) throws(PythonRaised) -> PyPointer {
            try PythonReference(PyUnicode_InternFromString(text)).release()
        }
        requestIDKey = try name("roost.request_id")
        pathsendKey = try name("http.response.pathsend")
        zerocopysendKey = try name("http.response.zerocopysend")
        trailersKey = try name("http.response.trailers")
        earlyHintKey = try name("http.response.early_hint")
        webSocketResponseKey = try name("websocket.http.response")
        idKey = try name("id")
        peerKey = try name("roost.peer")
        pidKey = try name("pid")
        uidKey = try name("uid")
        gidKey = try name("gid")
    }

    deinit {
        // On whatever thread this is.
        InterpreterLock().held {
            for pointer in [requestIDKey, pathsendKey, zerocopysendKey, trailersKey, earlyHintKey, webSocketResponseKey, idKey, peerKey, pidKey, uidKey, gidKey] {
                Py_DecRef(pointer)
            }
            Py_DecRef(knownPeer?.dictionary)
        }
    }

    /// - Parameters:
    ///   - requestID: what the request is called.
    func make(_ extensions: ScopeExtensions, requestID: borrowing PythonReference) throws(PythonRaised) -> PythonReference {
        let all = PythonDictionary(try PythonReference(PyDict_New()))
        let request = try PythonReference(PyDict_New())
        try share(requestID.pointer, at: idKey, of: request.pointer)
        try all.set(requestIDKey, request)
        try setEvents(extensions, of: all)
        if let credentials = extensions.peer {
            let peer = try dictionary(credentials)
            try all.set(peerKey, peer)
        }
        guard !extensions.isOfPlainConnection else { return all.release() }
        if let tls = extensions.tls { try all.set("tls", Self.dictionary(tls).release()) }
        if let header = extensions.proxyProtocol { try all.set("proxy_protocol", Self.dictionary(header).release()) }
        return all.release()
    }

    /// Those that are about the connection, which can be read only: for an application that sends no events and has the request's id elsewhere.
    func makeReadOnly(_ extensions: ScopeExtensions) throws(PythonRaised) -> PythonReference {
        let all = PythonDictionary(try PythonReference(PyDict_New()))
        if let credentials = extensions.peer { try all.set(peerKey, Self.readOnly(dictionary(credentials))) }
        if !extensions.isOfPlainConnection {
            if let tls = extensions.tls { try all.set("tls", Self.readOnly(Self.dictionary(tls).release())) }
            if let header = extensions.proxyProtocol { try all.set("proxy_protocol", Self.readOnly(Self.dictionary(header).release())) }
        }
        return try Self.readOnly(all.release())
    }

    /// A dictionary that nobody can change, and its lists as tuples.
    private static func readOnly(_ dictionary: borrowing PythonReference) throws(PythonRaised) -> PythonReference {
        for name in ["client_cert_chain", "tlvs"] {
            let key = try PythonText.object(name)
            guard let list = PyDict_GetItemWithError(dictionary.pointer, key.pointer) else { continue }
            try set(PythonReference(PySequence_Tuple(list)), at: key.pointer, of: dictionary.pointer)
        }
        return try PythonReference(PyDictProxy_New(dictionary.pointer))
    }

    /// What an application may send beyond the usual events.
    private func setEvents(_ extensions: ScopeExtensions, of all: borrowing PythonDictionary) throws(PythonRaised) {
        if extensions.pathsend != nil { try all.set(pathsendKey, PythonReference(PyDict_New())) }
        if extensions.zerocopysend != nil { try all.set(zerocopysendKey, PythonReference(PyDict_New())) }
        if extensions.trailers != nil { try all.set(trailersKey, PythonReference(PyDict_New())) }
        if extensions.earlyHint != nil { try all.set(earlyHintKey, PythonReference(PyDict_New())) }
        if extensions.webSocketHTTPResponse != nil { try all.set(webSocketResponseKey, PythonReference(PyDict_New())) }
    }

    private func dictionary(_ credentials: PeerCredentials) throws(PythonRaised) -> PythonReference {
        if let knownPeer, knownPeer.credentials == credentials {
            // Held, for the garbage collector may let another thread replace it meanwhile.
            let held = PythonReference(sharing: knownPeer.dictionary)
            return try PythonReference(PyDict_Copy(held.pointer))
        }
        let values = PythonDictionary(try PythonReference(PyDict_New()))
        try values.set(pidKey, PythonReference(PyLong_FromLong(Int(credentials.pid))))
        try values.set(uidKey, PythonReference(PyLong_FromLong(Int(credentials.uid))))
        try values.set(gidKey, PythonReference(PyLong_FromLong(Int(credentials.gid))))
        let made = values.release()
        let copy = try PythonReference(PyDict_Copy(made.pointer))
        let before = knownPeer
        knownPeer = (credentials, made.release())
        Py_DecRef(before?.dictionary)
        return copy
    }

    private static func dictionary(_ tls: TLSExtension) throws(PythonRaised) -> PythonDictionary {
        let values = PythonDictionary(try PythonReference(PyDict_New()))
        try values.set("server_cert", tls.serverCertificate)
        try values.set("client_cert_chain", tls.clientCertificateChain)
        try values.set("client_cert_name", tls.clientCertificateName)
        try values.set("client_cert_error", tls.clientCertificateError)
        try values.set("tls_version", tls.tlsVersion)
        try values.set("cipher_suite", tls.cipherSuite)
        return values
    }

    private static func dictionary(_ header: ProxyHeader) throws(PythonRaised) -> PythonDictionary {
        let values = PythonDictionary(try PythonReference(PyDict_New()))
        try values.set("version", header.version == .v1 ? 1 : 2)
        try values.set("command", header.command == .local ? "local" : "proxy")
        try values.set("source", header.addresses.source?.description)
        try values.set("destination", header.addresses.destination?.description)
        try values.set("alpn", header.alpn)
        try values.set("authority", header.authority)
        try values.set("unique_id", header.uniqueID)
        try values.set("netns", header.networkNamespace)
        let tlvs = try PythonReference(PyList_New(0 as Int))
        for tlv in header.tlvs {
            let pair = try PythonReference(PyTuple_New(2))
            guard PyTuple_SetItem(pair.pointer, 0, try PythonReference(PyLong_FromLong(Int(tlv.kind.rawValue))).release()) == 0,
                PyTuple_SetItem(pair.pointer, 1, try PythonText.bytes(tlv.value.span).release()) == 0
            else { throw PythonRaised() }
            let append = try PythonReference(PyObject_GetAttrString(tlvs.pointer, "append"))
            _ = try PythonReference(cpython_call1(append.pointer, pair.pointer))
        }
        try values.set("tlvs", tlvs)
        return values
    }
}

/// A dictionary under construction, its keys texts.
struct PythonDictionary: ~Copyable {
    private let object: PythonReference

    init(_ object: consuming PythonReference) {
        self.object = object
    }

    consuming func release() -> PythonReference { object }

    func set(_ key: PyPointer, _ value: borrowing PythonReference) throws(PythonRaised) {
        try share(value.pointer, at: key, of: object.pointer)
    }

    func set(_ key: String, _ value: borrowing PythonReference) throws(PythonRaised) {
        let key = try PythonText.object(key)
        try set(key.pointer, value)
    }

    func set(_ key: String, _ value: String?) throws(PythonRaised) {
        guard let value else { return try setNone(key) }
        try set(key, PythonText.object(value))
    }

    func set(_ key: String, _ value: Int?) throws(PythonRaised) {
        guard let value else { return try setNone(key) }
        try set(key, PythonReference(PyLong_FromLong(value)))
    }

    func set(_ key: String, _ value: [UInt8]?) throws(PythonRaised) {
        guard let value else { return try setNone(key) }
        try set(key, PythonText.bytes(value.span))
    }

    func set(_ key: String, _ values: [String]) throws(PythonRaised) {
        let list = try PythonReference(PyList_New(values.count))
        for (index, value) in values.enumerated() {
            guard PyList_SetItem(list.pointer, index, try PythonText.object(value).release()) == 0 else { throw PythonRaised() }
        }
        try set(key, list)
    }

    private func setNone(_ key: String) throws(PythonRaised) { try set(key, PythonReference(sharing: Py_None())) }
}
