import NIOSSL

/// One certificate with its key, ready to be used.
struct TLSIdentity: Sendable {
    let context: NIOSSLContext
    /// The server's own certificate.
    let pem: String
    let facts: CertificateFacts
}

/// What there is to know of a certificate that the server proves itself with.
package struct CertificateFacts: Sendable, Hashable {
    /// The file that it was read from.
    package let file: String
    /// The distinguished name of whom it is for.
    package let subject: String
    /// The names for which clients get it, in lower case.
    package let names: [String]
    /// When it begins and ceases to hold, in seconds since 1970.
    package let notBefore: Int
    package let notAfter: Int

    /// What logs and metrics call it: its first name, else its subject, else its file.
    package var label: String { names.first ?? (subject.isEmpty ? file : subject) }
}

/// All that a server may prove itself with, for connections that begin now.
struct TLSIdentities: Sendable {
    let all: [TLSIdentity]
    /// Nil if clients are not asked for a certificate.
    let clientVerifier: ClientVerifier?
    let clientChains = ClientChains()
    private let alpnProtocols: [[UInt8]]
    /// Which one is for a name.
    private let exact: [String: Int]
    /// Which one is for all names one level below a name.
    private let wildcard: [String: Int]

    /// - Parameter all: At least one. Of several with the same name, the first has it.
    init?(_ all: [TLSIdentity], alpnProtocols: [TLSApplicationProtocol], clientVerifier: ClientVerifier?) {
        guard let first = all.first else { return nil }
        self.first = first
        self.all = all
        self.clientVerifier = clientVerifier
        self.alpnProtocols = alpnProtocols.map { Array($0.rawValue.utf8) }
        var exact: [String: Int] = [:]
        var wildcard: [String: Int] = [:]
        for (index, identity) in all.enumerated() {
            for name in identity.facts.names {
                if name.hasPrefix("*.") {
                    wildcard[String(name.dropFirst(2))] = wildcard[String(name.dropFirst(2))] ?? index
                } else {
                    exact[name] = exact[name] ?? index
                }
            }
        }
        self.exact = exact
        self.wildcard = wildcard
    }

    /// For clients that name no server, or none that is known.
    let first: TLSIdentity

    /// - Parameter name: A host's name in lower case.
    func identity(for name: String?) -> TLSIdentity {
        guard let name else { return first }
        if let index = exact[name] { return all[index] }
        guard let dot = name.firstIndex(of: "."), dot != name.startIndex, let index = wildcard[String(name[name.index(after: dot)...])] else { return first }
        return all[index]
    }

    /// Whether any of the protocols is offered here; without an offer there is nothing to agree upon.
    func speaksAny(of offered: [[UInt8]]) -> Bool { alpnProtocols.isEmpty || offered.contains(where: alpnProtocols.contains) }
}
