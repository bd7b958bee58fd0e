import NIOSSL

/// Why a client was refused before TLS was spoken with it.
enum TLSRefusal: Error, Hashable {
    /// It sent a request in clear text.
    case clearText
    /// It speaks none of the protocols that are offered (RFC 7301 section 3.2).
    case noCommonProtocol

    /// What the client is told before the connection is closed.
    var answer: [UInt8] {
        switch self {
        case .clearText:
            let text = "this port speaks HTTPS\n"
            return Array(
                """
                HTTP/1.1 400 Bad Request\r
                content-type: text/plain\r
                content-length: \(text.utf8.count)\r
                connection: close\r
                \r
                \(text)
                """.utf8)
        // A fatal alert, `no_application_protocol`, in a record of its own (RFC 8446 section 6).
        case .noCommonProtocol: return [21, 3, 3, 0, 2, 2, 120]
        }
    }

    /// What logs say about an error of a TLS connection: short, and with nothing in it that the client could choose.
    static func reason(for error: any Error) -> String {
        switch error {
        case TLSRefusal.clearText: "a request in clear text on a port for TLS"
        case TLSRefusal.noCommonProtocol: "the client speaks none of alpn_protocols"
        case NIOSSLError.uncleanShutdown: "the client closed without saying so in TLS"
        case NIOSSLError.handshakeFailed(let failure): "the TLS handshake failed: \(text(failure))"
        case let failure as BoringSSLError: "TLS failed: \(text(failure))"
        default: "TLS failed: \(error)"
        }
    }

    /// The last part of BoringSSL's own words, `… error:1000009c:SSL routines:OPENSSL_internal:HTTP_REQUEST at FILE:LINE`: `http request`.
    static func text(_ error: BoringSSLError) -> String {
        switch error {
        case .sslError(let stack), .unknownError(let stack):
            guard let words = stack.first.map({ "\($0)" }) else { return "no reason is given" }
            guard let mark = words.firstRange(of: "OPENSSL_internal:")?.upperBound else { return words }
            return words[mark...].prefix { $0 != " " }.lowercased().split(separator: "_").joined(separator: " ")
        case .zeroReturn, .syscallError: return "the client closed the connection"
        default: return "\(error)"
        }
    }
}
