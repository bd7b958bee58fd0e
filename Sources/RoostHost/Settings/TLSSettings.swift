internal import Roost

/// How TLS is spoken, as the settings say it; `HostSettings.tlsConfig` puts it together.
struct TLSSettings: Sendable {
    /// The certificate for every name, or the first of several.
    var certificateFile: String?
    var keyFile: String?
    var keyPassword: SecretText?
    /// Further ones, for their own names.
    var certificates: [CertificateEntry] = []
    var caCertificates: String?
    var verifyMode = TLSVerifyMode.none
    var ciphers = TLSConfig.defaultCiphers
    var minimumVersion = TLSMinimumVersion.v1_2
    var alpnProtocols: [TLSApplicationProtocol] = [.http2, .http1]
    var handshakeTimeout: Duration? = .seconds(60)
    /// For how long browsers are told to come by https; nil for not at all.
    var hstsTime: Duration?
    var hstsIncludesSubdomains = false
    var hstsPreload = false
    /// Addresses in clear text beside those of `bind`.
    var insecureBinds: [Bind] = []

    /// What browsers are told of coming by https.
    var hsts: HSTSPolicy? {
        hstsTime.map { HSTSPolicy(maxAge: $0, includesSubdomains: hstsIncludesSubdomains, preload: hstsPreload) }
    }

    /// One table of `[[certificate]]`.
    struct CertificateEntry: Sendable, Hashable {
        var certificateFile: String
        var keyFile: String?
        var keyPassword: SecretText?
        var serverNames: [String] = []
    }
}

/// A secret, or where it is: `credential:NAME`.
struct SecretText: Sendable, Hashable, CustomStringConvertible {
    let text: String

    init(_ text: String) {
        self.text = text
    }

    /// Whether it only says where the secret is, and so may be shown.
    var isPlace: Bool { text.hasPrefix(CredentialPath.prefix) }

    var description: String { isPlace ? text : "(secret)" }
}
