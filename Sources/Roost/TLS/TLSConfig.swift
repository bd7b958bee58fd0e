/// How TLS is spoken on the binds that speak it: `Config.tls`. Names are Hypercorn's, in Swift's spelling.
///
/// Files are read when the server starts, and again when it is told to reload its certificates.
public struct TLSConfig: Sendable, Hashable {
    /// What the server proves itself with, at least one. A client that names a server gets the first certificate for that name; a client that names
    /// none, or one that no certificate is for, gets the first of all.
    public var certificates: [TLSCertificate]
    /// Whether clients are asked for a certificate. Default: `.none`.
    public var verifyMode: TLSVerifyMode = .none
    /// The path of a PEM file with the authorities whose client certificates are accepted. Needed unless `verifyMode` is `.none`: those of the system
    /// vouch for anybody on the Internet. Default: nil.
    public var caCertificates: String?
    /// The cipher suites of TLS 1.2 in the order of preference, as OpenSSL lists them (openssl-ciphers(1)). Those of TLS 1.3 are always
    /// all there. Default: `ECDHE+AESGCM:ECDHE+CHACHA20`.
    public var ciphers = TLSConfig.defaultCiphers
    /// The lowest version that is spoken. Default: `.v1_2`.
    public var minimumVersion: TLSMinimumVersion = .v1_2
    /// The protocols that are offered to clients that ask (ALPN, RFC 7301), the preferred one first. Default: HTTP/2, then HTTP/1.1.
    public var alpnProtocols: [TLSApplicationProtocol] = [.http2, .http1]
    /// Time for a handshake, from the accept; then the connection is cut. Default: 60 s.
    public var handshakeTimeout: Duration? = .seconds(60)
    /// Files that are open already, by their path, for a process that may not open them any more: their content is taken if the path can't be read.
    /// Default: none.
    package var openFiles: [String: Int32] = [:]

    public init(certificates: [TLSCertificate]) {
        self.certificates = certificates
    }

    /// One certificate, for every name.
    public init(certificateFile: String, keyFile: String? = nil, keyPassword: TLSPassword? = nil) {
        self.init(certificates: [TLSCertificate(certificateFile: certificateFile, keyFile: keyFile, keyPassword: keyPassword)])
    }

    /// What Hypercorn has by default, and the same for devices that have no AES in hardware.
    public static let defaultCiphers = "ECDHE+AESGCM:ECDHE+CHACHA20"
}

/// A certificate and the key to it, by their files.
public struct TLSCertificate: Sendable, Hashable {
    /// The path of a PEM file with the server's certificate first, then those that lead from it to an authority that clients know.
    public var certificateFile: String
    /// The path of a PEM file with the private key; nil if `certificateFile` holds it too. Default: nil.
    public var keyFile: String?
    /// What the key is encrypted with; nil if it is not. Default: nil.
    public var keyPassword: TLSPassword?
    /// The names for which clients get this certificate, such as `example.org` or `*.example.org`; empty for those that it holds. Default: empty.
    public var serverNames: [String]

    public init(certificateFile: String, keyFile: String? = nil, keyPassword: TLSPassword? = nil, serverNames: [String] = []) {
        self.certificateFile = certificateFile
        self.keyFile = keyFile
        self.keyPassword = keyPassword
        self.serverNames = serverNames
    }

    /// The path of the file that holds the key.
    var keyPath: String { keyFile ?? certificateFile }
}

/// Whether clients are asked for a certificate, and what becomes of those who have none.
public enum TLSVerifyMode: String, Sendable, Hashable, CaseIterable {
    /// They are not asked.
    case none
    /// They are asked, and served without one; one that does not hold ends the handshake.
    case optional
    /// Without one that holds there is no connection.
    case required
}

/// The lowest version of TLS that is spoken. Those before 1.2 are not offered (RFC 8996).
public enum TLSMinimumVersion: String, Sendable, Hashable, CaseIterable {
    case v1_2 = "1.2"
    case v1_3 = "1.3"
}

/// A protocol inside of TLS, under its registered name.
public enum TLSApplicationProtocol: String, Sendable, Hashable, CaseIterable {
    case http2 = "h2"
    case http1 = "http/1.1"
}
