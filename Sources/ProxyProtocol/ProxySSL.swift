/// What a proxy says about TLS between it and the client: the value of a TLV of the type `PP2_TYPE_SSL`.
///
/// If an inner TLV is there more than once, the first counts.
public struct ProxySSL: Sendable, Hashable {
    /// What the client did.
    public struct Client: OptionSet, Sendable, Hashable {
        public let rawValue: UInt8

        public init(rawValue: UInt8) {
            self.rawValue = rawValue
        }

        /// `PP2_CLIENT_SSL`: it connected over TLS.
        public static let ssl = Client(rawValue: 0x01)
        /// `PP2_CLIENT_CERT_CONN`: it gave a certificate over this connection.
        public static let certificateOnConnection = Client(rawValue: 0x02)
        /// `PP2_CLIENT_CERT_SESS`: it gave a certificate at least once in the TLS session that this connection belongs to.
        public static let certificateInSession = Client(rawValue: 0x04)
    }

    public var client: Client
    /// 0 if the client's certificate was verified, or, from many proxies, if it gave none: see `isCertificateVerified`.
    public var verify: UInt32
    /// The inner TLVs in their order, whatever they hold.
    public var tlvs: [ProxyTLV]

    public init(client: Client, verify: UInt32, tlvs: [ProxyTLV] = []) {
        self.client = client
        self.verify = verify
        self.tlvs = tlvs
    }

    /// Returns nil if the bytes are not flags, a verification result and whole TLVs.
    public init?(value: [UInt8]) {
        guard value.count >= 5 else { return nil }
        client = Client(rawValue: value[0])
        verify = value.span.bigEndian(at: 1)
        tlvs = []
        var reader = TLVReader(5..<value.count)
        do throws(MalformedProxyHeader) {
            while let tlv = try reader.next(value.span) { tlvs.append(tlv) }
        } catch {
            return nil
        }
    }

    /// Whether the client gave a certificate and the proxy verified it.
    public var isCertificateVerified: Bool {
        verify == 0 && !client.isDisjoint(with: [.certificateOnConnection, .certificateInSession])
    }

    /// The version of TLS as text, `TLSv1.3` for instance.
    public var version: String? { tlvs.asciiText(.sslVersion) }
    /// The common name in the client's certificate. Nil also if it is not UTF-8.
    public var commonName: String? { tlvs.text(.sslCommonName) }
    /// The cipher's name as the proxy's TLS library writes it.
    public var cipher: String? { tlvs.asciiText(.sslCipher) }
    /// The algorithm that signed the proxy's certificate.
    public var signatureAlgorithm: String? { tlvs.asciiText(.sslSignatureAlgorithm) }
    /// The kind of the key in the proxy's certificate.
    public var keyAlgorithm: String? { tlvs.asciiText(.sslKeyAlgorithm) }
    /// The group of the key exchange.
    public var group: String? { tlvs.asciiText(.sslGroup) }
    /// The signature scheme of the handshake.
    public var signatureScheme: String? { tlvs.asciiText(.sslSignatureScheme) }
    /// The client's certificate in DER.
    public var clientCertificate: [UInt8]? { tlvs.first(.sslClientCertificate) }

    /// The TLV that says this.
    /// - Throws: `UnencodableProxyHeader` if an inner TLV is too long.
    public func tlv() throws(UnencodableProxyHeader) -> ProxyTLV {
        var value = [client.rawValue]
        value.append(bigEndian: verify)
        for tlv in tlvs { try value.append(tlv) }
        return ProxyTLV(.ssl, value)
    }
}
