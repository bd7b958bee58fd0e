extension Config {
    /// Whether connections to this bind begin with a TLS handshake.
    ///
    /// Unix sockets are no exception, as in Hypercorn: who has a proxy in front on one says so (`tls=false`), and a forgotten setting shows as
    /// an error at once, not as a service that is in clear text.
    package func speaksTLS(on bind: Bind) -> Bool { tls != nil && (bind.tls ?? true) }

    /// Where clients reach these sockets.
    func addresses(of listeners: [Listener]) -> [BoundAddress] {
        listeners.map { listener in
            var address = listener.address
            address.speaksTLS = bind.indices.contains(listener.place) && speaksTLS(on: bind[listener.place])
            return address
        }
    }

    /// The same with its certificates read, unless they have been.
    package func withCertificates() throws(ConfigError) -> Config {
        guard let tls, tlsContexts == nil, bind.contains(where: speaksTLS) else { return self }
        var config = self
        config.tlsContexts = try TLSContexts(tls, logger: logger)
        return config
    }

    /// - Throws: For settings that contradict each other; no file is looked at.
    func validateTLS() throws(ConfigError) {
        guard let tls else {
            if httpsRedirect {
                throw ConfigError(
                    key: "https_redirect", value: "true",
                    reason: "there is no certificate to speak TLS with: set certfile and keyfile, or have the proxy that ends TLS redirect")
            }
            if let bind = bind.first(where: { $0.tls ?? false }) {
                throw ConfigError(key: "bind", value: "\(bind)", reason: "there is no certificate to speak TLS with: set certfile and keyfile")
            }
            return
        }
        guard !tls.certificates.isEmpty else {
            throw ConfigError(key: "certfile", value: "[]", reason: "at least one certificate is needed to speak TLS")
        }
        guard tls.verifyMode == .none || tls.caCertificates != nil else {
            throw ConfigError(
                key: "verify_mode", value: tls.verifyMode.rawValue,
                reason: "ca_certs must name the authorities whose client certificates are accepted")
        }
        if let path = tls.caCertificates, tls.verifyMode == .none {
            throw ConfigError(
                key: "ca_certs", value: path, reason: "clients are asked for a certificate only if verify_mode is optional or required: set that too")
        }
    }
}
