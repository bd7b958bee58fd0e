import HummingbirdCore
import HummingbirdHTTP2
import HummingbirdTLS
import NIOSSL

/// What the command line says.
struct Options {
    static let usage = "usage: HummingbirdServer SOCKET [--router] [--http2 | --tls CERTIFICATE KEY]"

    var path = ""
    var hasRouter = false
    /// In clear text, with prior knowledge.
    private var isHTTP2 = false
    /// Two files in PEM.
    private var certificate: (chain: String, key: String)?

    /// Nil for what `usage` does not allow.
    init?(_ arguments: some Sequence<String>) {
        var rest = Array(arguments)[...]
        while let argument = rest.popFirst() {
            switch argument {
            case "--router": hasRouter = true
            case "--http2": isHTTP2 = true
            case "--tls":
                guard let chain = rest.popFirst(), let key = rest.popFirst() else { return nil }
                certificate = (chain, key)
            case _ where path.isEmpty && !argument.hasPrefix("-"): path = argument
            default: return nil
            }
        }
        guard !path.isEmpty, !(isHTTP2 && certificate != nil) else { return nil }
    }

    var server: HTTPServerBuilder {
        get throws {
            guard let certificate else { return isHTTP2 ? .plaintextHTTP2() : .http1() }
            let configuration = TLSConfiguration.makeServerConfiguration(
                certificateChain: try NIOSSLCertificate.fromPEMFile(certificate.chain).map { .certificate($0) },
                privateKey: .privateKey(try NIOSSLPrivateKey(file: certificate.key, format: .pem))
            )
            return try .tls(tlsConfiguration: configuration)
        }
    }
}
