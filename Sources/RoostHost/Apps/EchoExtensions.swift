internal import ProxyProtocol
internal import Roost

/// What the echo apps say about what the server knows beyond the request itself. The names are ASGI's; what is not known is left out.
extension JSONWriter {
    mutating func extensions(_ extensions: ScopeExtensions) {
        object([
            "proxy_protocol": Self.member(extensions.proxyProtocol) { $0.proxyHeader($1) },
            "tls": Self.member(extensions.tls) { $0.tls($1) },
            "roost.peer": Self.member(extensions.peer) { $0.peer($1) },
        ])
    }

    private mutating func proxyHeader(_ header: ProxyHeader) {
        object([
            "version": { $0.number(header.version == .v1 ? 1 : 2) },
            "command": { $0.string(header.command == .local ? "local" : "proxy") },
            "source": Self.member(header.addresses.source) { $0.end($1) },
            "destination": Self.member(header.addresses.destination) { $0.end($1) },
            "transport": Self.member(header.addresses.transport) { $0.string($1 == .stream ? "stream" : "datagram") },
            "alpn": Self.member(header.alpn) { $0.latin1($1) },
            "authority": Self.member(header.authority) { $0.string($1) },
            "unique_id": Self.member(header.uniqueID) { $0.latin1($1) },
            "netns": Self.member(header.networkNamespace) { $0.string($1) },
            "ssl": Self.member(header.ssl) { $0.ssl($1) },
            "tlvs": { $0.array(header.tlvs) { $0.tlv($1) } },
        ])
    }

    private mutating func ssl(_ ssl: ProxySSL) {
        object([
            "client": { $0.number(Int(ssl.client.rawValue)) },
            "verify": { $0.number(Int(ssl.verify)) },
            "version": Self.member(ssl.version) { $0.string($1) },
            "cn": Self.member(ssl.commonName) { $0.string($1) },
            "cipher": Self.member(ssl.cipher) { $0.string($1) },
            "sig_alg": Self.member(ssl.signatureAlgorithm) { $0.string($1) },
            "key_alg": Self.member(ssl.keyAlgorithm) { $0.string($1) },
            "group": Self.member(ssl.group) { $0.string($1) },
            "sig_scheme": Self.member(ssl.signatureScheme) { $0.string($1) },
        ])
    }

    private mutating func tls(_ tls: TLSExtension) {
        object([
            "tls_version": Self.member(tls.tlsVersion) { $0.number($1) },
            "cipher_suite": Self.member(tls.cipherSuite) { $0.number($1) },
            "client_cert_name": Self.member(tls.clientCertificateName) { $0.string($1) },
            "client_cert_error": Self.member(tls.clientCertificateError) { $0.string($1) },
            "client_cert_chain": { $0.array(tls.clientCertificateChain) { $0.string($1) } },
            "server_cert": Self.member(tls.serverCertificate) { $0.string($1) },
        ])
    }

    private mutating func peer(_ peer: PeerCredentials) {
        object([
            "pid": { $0.number(Int(peer.pid)) },
            "uid": { $0.number(Int(peer.uid)) },
            "gid": { $0.number(Int(peer.gid)) },
        ])
    }

    /// Address and port, or a Unix socket's address and null.
    private mutating func end(_ end: ProxyEndpoint) {
        array([0, 1]) { writer, index in
            switch (end, index) {
            case (.ip(let address, _), 0): writer.string("\(address)")
            case (.ip(_, let port), _): writer.number(Int(port))
            case (.unix, 0): writer.string("\(end)")
            case (.unix, _): writer.null()
            }
        }
    }

    /// Type and value.
    private mutating func tlv(_ tlv: ProxyTLV) {
        array([0, 1]) { writer, index in
            if index == 0 {
                writer.number(Int(tlv.kind.rawValue))
            } else {
                writer.hexadecimal(tlv.value)
            }
        }
    }
}
