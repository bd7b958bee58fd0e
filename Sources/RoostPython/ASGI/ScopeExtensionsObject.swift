import CPython
import ProxyProtocol
import Roost

/// Roost's scope extensions as ASGI has them: a dictionary of dictionaries by name.
enum ScopeExtensionsObject {
    /// - Parameter requestID: what the request is called.
    static func make(_ extensions: ScopeExtensions, requestID: borrowing PythonReference) throws(PythonRaised) -> PythonReference {
        let all = PythonDictionary(try PythonReference(PyDict_New()))
        let request = PythonDictionary(try PythonReference(PyDict_New()))
        try request.set("id", requestID)
        try all.set("roost.request_id", request)
        if extensions.pathsend != nil { try all.set("http.response.pathsend", PythonDictionary(try PythonReference(PyDict_New()))) }
        if let peer = extensions.peer {
            let values = PythonDictionary(try PythonReference(PyDict_New()))
            try values.set("pid", Int(peer.pid))
            try values.set("uid", Int(peer.uid))
            try values.set("gid", Int(peer.gid))
            try all.set("roost.peer", values)
        }
        if let tls = extensions.tls { try all.set("tls", dictionary(tls)) }
        if let header = extensions.proxyProtocol { try all.set("proxy_protocol", dictionary(header)) }
        return all.release()
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
                PyTuple_SetItem(pair.pointer, 1, try PythonText.bytes(tlv.value[...]).release()) == 0
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

    func set(_ key: String, _ value: borrowing PythonReference) throws(PythonRaised) {
        let key = try PythonText.object(key)
        guard PyDict_SetItem(object.pointer, key.pointer, value.pointer) == 0 else { throw PythonRaised() }
    }

    func set(_ key: String, _ value: consuming PythonDictionary) throws(PythonRaised) { try set(key, value.release()) }

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
        try set(key, PythonText.bytes(value[...]))
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
