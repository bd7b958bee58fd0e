import Glibc
import NIOSSL

/// Reads the files that a configuration of TLS names, and checks that they are what they should be.
package struct TLSLoader {
    private let config: TLSConfig
    /// Seconds since 1970.
    private let now: Int

    package init(_ config: TLSConfig, now: Int = time(nil)) {
        self.config = config
        self.now = now
    }

    /// What is there, and what is not as it should be.
    ///
    /// - Throws: For what can't be served with.
    package func check() throws(ConfigError) -> (certificates: [CertificateFacts], warnings: [String]) {
        let loaded = try load()
        return (loaded.identities.all.map(\.facts), loaded.warnings)
    }

    func load() throws(ConfigError) -> (identities: TLSIdentities, warnings: [String]) {
        let ciphers: CipherList
        do throws(CipherListError) {
            ciphers = try CipherList(config.ciphers)
        } catch {
            throw ConfigError(key: "ciphers", value: config.ciphers, reason: "\(error)")
        }
        let authorities = try config.caCertificates.map { path throws(ConfigError) in try CertificateFile(path, key: "ca_certs", openFiles: config.openFiles) }
        var verifier: ClientVerifier?
        if config.verifyMode != .none, let authorities {
            verifier = ClientVerifier(authorities: authorities.encoded)
            guard verifier != nil else { throw ConfigError(key: "ca_certs", value: authorities.path, reason: "a certificate in it can't be read") }
        }
        var warnings: [String] = []
        var identities: [TLSIdentity] = []
        for certificate in config.certificates {
            let chain = try CertificateFile(certificate.certificateFile, key: "certfile", openFiles: config.openFiles)
            let key = try PrivateKeyFile(certificate, openFiles: config.openFiles)
            let facts = try chain.facts(for: certificate)
            warnings += chain.warnings(now: now) + key.warnings
            var configuration = TLSConfiguration.makeServerConfiguration(
                certificateChain: chain.certificates.map { .certificate($0) }, privateKey: .privateKey(key.key))
            configuration.minimumTLSVersion = config.minimumVersion == .v1_2 ? .tlsv12 : .tlsv13
            configuration.cipherSuites = ciphers.text
            configuration.applicationProtocols = config.alpnProtocols.map(\.rawValue)
            configuration.renegotiationSupport = .none
            switch config.verifyMode {
            case .none: configuration.certificateVerification = .none
            case .optional: configuration.certificateVerification = .optionalVerification
            case .required: configuration.certificateVerification = .noHostnameVerification
            }
            if verifier != nil, let authorities {
                configuration.trustRoots = .certificates(authorities.certificates)
                configuration.sendCANameList = true
            }
            let context: NIOSSLContext
            do {
                context = try NIOSSLContext(configuration: configuration)
            } catch {
                throw chain.mismatch(with: key, of: certificate, error)
            }
            identities.append(TLSIdentity(context: context, pem: PEM.certificate(chain.encoded[0]), facts: facts))
        }
        warnings += Self.namesGivenTwice(identities.map(\.facts))
        guard let all = TLSIdentities(identities, alpnProtocols: config.alpnProtocols, clientVerifier: verifier) else {
            throw ConfigError(key: "certfile", value: "[]", reason: "at least one certificate is needed to speak TLS")
        }
        return (all, warnings)
    }

    private static func namesGivenTwice(_ certificates: [CertificateFacts]) -> [String] {
        var holders: [String: String] = [:]
        var warnings: [String] = []
        for facts in certificates {
            for name in Set(facts.names).sorted() {
                if let first = holders[name] {
                    warnings.append("certfile \(facts.file): clients that ask for \(name) get the certificate in \(first), which stands before it")
                } else {
                    holders[name] = facts.file
                }
            }
        }
        return warnings
    }
}
