internal import Systemd

/// Files to read that a setting names by path or, as `credential:NAME`, among the credentials of the service.
enum CredentialPath {
    static let prefix = "credential:"

    /// The path to open.
    ///
    /// - Throws: If it names a credential that is not there.
    static func resolved(_ text: String) throws(CredentialsError) -> String {
        guard text.hasPrefix(prefix) else { return text }
        return try Credentials.path(of: String(text.dropFirst(prefix.count)))
    }
}
