internal import ProxyProtocol

/// What is known of TLS between the client and whoever ended it: the scope's `tls` extension, version 0.2 of ASGI's
/// "TLS Extension". It is there only if the client's connection is over TLS.
public struct TLSExtension: Sendable, Hashable {
    /// The certificate that the client was shown, in PEM; nil if TLS was ended by a proxy.
    public var serverCertificate: String?
    /// The client's certificate and those that it sent to prove it, each in PEM; empty if it gave none or the proxy passes none on.
    ///
    /// It may be there although it was not verified: only `clientCertificateError` being nil says that it was.
    public var clientCertificateChain: [String]
    /// The subject of the client's certificate as a distinguished name (RFC 4514); nil unless the certificate was verified.
    ///
    /// A proxy tells the common name alone: `CN=alice`.
    public var clientCertificateName: String?
    /// Why the client's certificate was not accepted; nil if it was verified, or if there was none.
    public var clientCertificateError: String?
    /// The version of TLS as the protocol writes it: 0x0301 for TLS 1.0, 0x0304 for TLS 1.3; nil if it is not known.
    public var tlsVersion: Int?
    /// The cipher suite's registered number, 0x1301 for `TLS_AES_128_GCM_SHA256`; nil if it is not known.
    public var cipherSuite: Int?

    public init(
        serverCertificate: String? = nil,
        clientCertificateChain: [String] = [],
        clientCertificateName: String? = nil,
        clientCertificateError: String? = nil,
        tlsVersion: Int? = nil,
        cipherSuite: Int? = nil
    ) {
        self.serverCertificate = serverCertificate
        self.clientCertificateChain = clientCertificateChain
        self.clientCertificateName = clientCertificateName
        self.clientCertificateError = clientCertificateError
        self.tlsVersion = tlsVersion
        self.cipherSuite = cipherSuite
    }
}

extension TLSExtension {
    /// What a proxy told in its PROXY header; nil if its client did not use TLS.
    init?(_ ssl: ProxySSL) {
        guard ssl.client.contains(.ssl) else { return nil }
        self.init(tlsVersion: ssl.version.flatMap(Self.number(ofVersion:)), cipherSuite: ssl.cipher.flatMap(CipherSuite.number(named:)))
        guard !ssl.client.isDisjoint(with: [.certificateOnConnection, .certificateInSession]) else { return }
        if let certificate = ssl.clientCertificate { clientCertificateChain = [PEM.certificate(certificate)] }
        if ssl.isCertificateVerified {
            clientCertificateName = ssl.commonName.flatMap { $0.isEmpty ? nil : "CN=" + DistinguishedName.escaped($0) }
        } else {
            clientCertificateError = "the client's certificate was not verified: the proxy's verification result is \(ssl.verify)"
        }
    }

    /// The names are OpenSSL's, and so HAProxy's.
    private static func number(ofVersion name: String) -> Int? {
        switch name {
        case "TLSv1", "TLSv1.0": 0x0301
        case "TLSv1.1": 0x0302
        case "TLSv1.2": 0x0303
        case "TLSv1.3": 0x0304
        default: nil
        }
    }
}
