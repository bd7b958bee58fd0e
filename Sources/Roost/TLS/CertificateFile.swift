import Glibc
import NIOSSL

/// The certificates of one PEM file.
struct CertificateFile {
    let path: String
    let certificates: [NIOSSLCertificate]
    /// In DER; as many, at least one.
    let encoded: [[UInt8]]
    private let names: [CertificateNames]
    private let isReplaced: Bool

    /// - Parameters:
    ///   - key: The setting that names the file.
    ///   - openFiles: As for `SecretFile`.
    init(_ path: String, key: String, openFiles: [String: Int32] = [:]) throws(ConfigError) {
        self.path = path
        func refusal(_ reason: String) -> ConfigError { ConfigError(key: key, value: path, reason: reason) }
        var file: SecretFile
        do throws(SecretFileError) {
            file = try SecretFile(path, openFiles: openFiles)
        } catch {
            throw refusal(error.description)
        }
        isReplaced = file.isReplaced
        // It may hold the key as well.
        defer { file.wipe() }
        guard file.holds("BEGIN CERTIFICATE") || file.holds("BEGIN TRUSTED CERTIFICATE") || file.holds("BEGIN X509 CERTIFICATE") else {
            let hint =
                if file.holds("PRIVATE KEY") {
                    "it holds a private key: name it in keyfile"
                } else if file.bytes.first == 0x30 {
                    "it seems to be in DER: openssl x509 -inform der turns it into PEM"
                } else {
                    "a PEM file begins with -----BEGIN CERTIFICATE-----"
                }
            throw refusal("there is no certificate in it; \(hint)")
        }
        do {
            certificates = try NIOSSLCertificate.fromPEMBytes(file.bytes)
            encoded = try certificates.map { try $0.toDERBytes() }
        } catch {
            throw refusal("a certificate in it can't be read: its PEM is damaged")
        }
        names = encoded.compactMap { CertificateNames($0) }
        guard names.count == encoded.count, !names.isEmpty else { throw refusal("a certificate in it can't be read") }
    }

    /// What there is to know of the first certificate.
    func facts(for setting: TLSCertificate) throws(ConfigError) -> CertificateFacts {
        for name in setting.serverNames where !Self.isName(name) {
            throw ConfigError(
                key: "server_names", value: name, reason: "expected a host's name such as example.org, or *.example.org for all one level below")
        }
        return CertificateFacts(
            file: path,
            subject: names[0].subject,
            names: setting.serverNames.isEmpty ? names[0].hosts : setting.serverNames.map { $0.lowercased() },
            notBefore: Int(certificates[0].notValidBefore),
            notAfter: Int(certificates[0].notValidAfter)
        )
    }

    private static func isName(_ text: String) -> Bool {
        let labels = (text.hasPrefix("*.") ? text.dropFirst(2) : text[...]).split(separator: ".", omittingEmptySubsequences: false)
        return labels.allSatisfy { label in
            !label.isEmpty && label.utf8.count < 64
                && label.utf8.allSatisfy { byte in
                    let letter = byte | 0x20
                    return (0x61...0x7A).contains(letter) || (0x30...0x39).contains(byte) || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_")
                }
        }
    }

    /// What works, and yet will be noticed by clients.
    ///
    /// - Parameter now: Seconds since 1970.
    func warnings(now: Int) -> [String] {
        var warnings = isReplaced ? [SecretFile.replaced(path, key: "certfile")] : []
        for (certificate, names) in zip(certificates, names) {
            let what = "certfile \(path): the certificate \(names.subject.isEmpty ? "without a subject" : "for \(names.subject)")"
            let end = Int(certificate.notValidAfter)
            if end < now {
                warnings.append("\(what) has expired \(Self.days(now - end)) ago")
            } else if end < now + Self.soon {
                warnings.append("\(what) expires in \(Self.days(end - now))")
            }
            if Int(certificate.notValidBefore) > now {
                warnings.append("\(what) is not valid yet, but in \(Self.days(Int(certificate.notValidBefore) - now))")
            }
        }
        for (below, above) in zip(names, names.dropFirst()) where below.encodedIssuer != above.encodedSubject {
            warnings.append(
                "certfile \(path): the chain is broken: after \(below.subject) there should be \(below.issuer), but there is \(above.subject)")
            break
        }
        return warnings
    }

    /// When certificates should have been renewed: 14 days before their end.
    static let soon = 14 * 86400

    private static func days(_ seconds: Int) -> String {
        switch seconds {
        case ..<7200: "\(seconds / 60) minutes"
        case ..<172_800: "\(seconds / 3600) hours"
        default: "\(seconds / 86400) days"
        }
    }

    /// Why BoringSSL does not take these together, both of which it has read.
    func mismatch(with key: PrivateKeyFile, of setting: TLSCertificate, _ error: any Error) -> ConfigError {
        for (index, certificate) in certificates.enumerated().dropFirst() {
            let configuration = TLSConfiguration.makeServerConfiguration(
                certificateChain: [.certificate(certificate)], privateKey: .privateKey(key.key))
            guard (try? NIOSSLContext(configuration: configuration)) != nil else { continue }
            return ConfigError(
                key: "certfile", value: path,
                reason: "the key is for certificate \(index + 1) in it, \(names[index].subject): put that first, then the one that issued it, and so on")
        }
        guard error as? NIOSSLError == .failedToLoadPrivateKey else {
            return ConfigError(key: "certfile", value: path, reason: "BoringSSL refuses the certificate: \(TLSRefusal.reason(for: error))")
        }
        return ConfigError(
            key: "keyfile", value: setting.keyPath, reason: "the key in it is not the one of the certificate for \(names[0].subject) in \(path)"
                + (key.isReplaced ? "; it is the key that was there at the start, because user \(geteuid()) can't read the new one: restart the service" : ""))
    }
}
