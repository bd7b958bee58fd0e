internal import Roost
internal import Systemd

extension ResolvedSettings {
    /// Has TLS spoken on the addresses of a configuration, and adds those in clear text.
    ///
    /// - Throws: As `tlsConfig`.
    func addTLS(to config: inout Config) throws(SettingError) {
        config.tls = try tlsConfig()
        let details = [("hsts_include_subdomains", values.tls.hstsIncludesSubdomains), ("hsts_preload", values.tls.hstsPreload)]
        if values.tls.hstsTime == nil, let (key, _) = details.first(where: \.1) {
            throw refused(key, "true", "it says more about hsts, which is off: set that too, such as hsts = \"365d\"")
        }
        config.hsts = values.tls.hsts
        if config.httpsRedirect, config.tls == nil {
            throw refused(
                "https_redirect", "true",
                "there is no certificate to speak TLS with: set certfile and keyfile, or have the proxy that ends TLS redirect")
        }
        config.bind += values.tls.clearTextBinds
    }

    /// How TLS is spoken; nil if there is no certificate.
    ///
    /// - Throws: If a credential is not there, or settings do not fit together.
    func tlsConfig() throws(SettingError) -> TLSConfig? {
        let tls = values.tls
        var certificates: [TLSCertificate] = []
        if let file = tls.certificateFile {
            certificates.append(
                TLSCertificate(
                    certificateFile: try path(file, "certfile"), keyFile: try tls.keyFile.map { file throws(SettingError) in try path(file, "keyfile") },
                    keyPassword: try password(tls.keyPassword, "keyfile_password")))
        } else if let file = tls.keyFile {
            throw refused("keyfile", file, "there is no certificate for it: set certfile too")
        }
        for entry in tls.certificates {
            certificates.append(
                TLSCertificate(
                    certificateFile: try path(entry.certificateFile, "certificate"),
                    keyFile: try entry.keyFile.map { file throws(SettingError) in try path(file, "certificate") },
                    keyPassword: try password(entry.keyPassword, "certificate"), serverNames: entry.serverNames))
        }
        guard !certificates.isEmpty else {
            if let bind = tls.insecureBinds.first {
                throw refused("insecure_bind", bind.description, "without a certificate every address is served in clear text: put it into bind")
            }
            // Who asks for clients' certificates must not serve everybody because a line about its own is missing.
            if tls.verifyMode != .none || tls.caCertificates != nil {
                let key = tls.verifyMode != .none ? "verify_mode" : "ca_certs"
                let value = tls.verifyMode != .none ? tls.verifyMode.rawValue : tls.caCertificates ?? ""
                throw refused(key, value, "without a certificate of the server's own no client is asked for one: set certfile and keyfile")
            }
            return nil
        }
        var config = TLSConfig(certificates: certificates)
        config.caCertificates = try tls.caCertificates.map { file throws(SettingError) in try path(file, "ca_certs") }
        config.verifyMode = tls.verifyMode
        config.ciphers = tls.ciphers
        config.minimumVersion = tls.minimumVersion
        config.alpnProtocols = tls.alpnProtocols
        config.handshakeTimeout = tls.handshakeTimeout
        config.openFiles = ProcessHandover.inherited.secrets
        return config
    }

    /// The files to speak TLS with, as far as their names are known.
    var tlsFiles: [String] {
        let tls = values.tls
        let passwords = ([tls.keyPassword] + tls.certificates.map(\.keyPassword)).compactMap { $0?.isPlace ?? false ? $0?.text : nil }
        let files = [tls.certificateFile, tls.keyFile, tls.caCertificates] + tls.certificates.flatMap { [$0.certificateFile, $0.keyFile] }
        return (files.compactMap(\.self) + passwords).compactMap { try? CredentialPath.resolved($0) }
    }

    private func password(_ secret: SecretText?, _ key: String) throws(SettingError) -> TLSPassword? {
        guard let secret else { return nil }
        return secret.isPlace ? .file(try path(secret.text, key)) : .text(secret.text)
    }

    private func path(_ text: String, _ key: String) throws(SettingError) -> String {
        do throws(CredentialsError) {
            return try CredentialPath.resolved(text)
        } catch {
            throw refused(key, text, OneLine.escaped(error.description))
        }
    }

    private func refused(_ key: String, _ value: String, _ reason: String) -> SettingError {
        .refused(key: key, value: .text(value), origin: origins[key] ?? .builtIn, reason: reason)
    }
}

extension TLSSettings {
    /// Those in clear text, which say so.
    var clearTextBinds: [Bind] {
        insecureBinds.map { bind in
            var bind = bind
            bind.tls = false
            return bind
        }
    }
}
