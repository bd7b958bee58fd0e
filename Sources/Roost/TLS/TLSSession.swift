import NIOCore
import NIOSSL

/// What client and server of one TLS connection have agreed upon.
struct TLSSession: Sendable {
    /// The name that the client asked for, in lower case; nil if it named none.
    let serverName: String?
    /// The protocol inside of TLS under its registered name; nil if the client named none, and speaks HTTP/1.1 then.
    let applicationProtocol: String?
    /// What the scope of each request has to say about it.
    let scopeExtension: TLSExtension

    /// - Parameter clientCertificates: What the client has proved itself with, in DER: its own, then those that it sent with it. They have been verified.
    init(
        serverName: String?, applicationProtocol: String?, version: TLSVersion, cipherSuite: Int?, identity: TLSIdentity,
        clientCertificates: [[UInt8]]
    ) {
        self.serverName = serverName
        self.applicationProtocol = applicationProtocol
        let number = switch version {
        case .tlsv1: 0x0301
        case .tlsv11: 0x0302
        case .tlsv12: 0x0303
        case .tlsv13: 0x0304
        }
        var scopeExtension = TLSExtension(serverCertificate: identity.pem, tlsVersion: number, cipherSuite: cipherSuite)
        scopeExtension.clientCertificateChain = clientCertificates.map(PEM.certificate)
        scopeExtension.clientCertificateName = clientCertificates.first.flatMap { CertificateNames($0)?.subject }
        self.scopeExtension = scopeExtension
    }
}
