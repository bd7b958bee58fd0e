// NIOSSL's BoringSSL, which is no product of its package: a verification by NIOSSL itself tells of the client's first certificate only, and one by another
// library would bring a second BoringSSL along.
import CNIOBoringSSL

/// Whom clients may be certified by: verifies what they prove themselves with, as BoringSSL does for servers by itself.
///
/// `@unchecked Sendable`: the store is filled before anything else has it, and only read from then on; BoringSSL guards what it keeps in there itself.
final class ClientVerifier: @unchecked Sendable {
    private let store: OpaquePointer

    /// - Parameter authorities: Their certificates, in DER.
    /// - Returns: nil if one can't be read.
    init?(authorities: [[UInt8]]) {
        guard let store = X509_STORE_new() else { return nil }
        self.store = store
        for certificate in authorities {
            guard let certificate = Certificate(certificate), X509_STORE_add_cert(store, certificate.pointer) == 1 else { return nil }
        }
    }

    deinit { X509_STORE_free(store) }

    /// Why a client's certificates are not accepted.
    ///
    /// - Parameter chain: In DER: the client's own, then those that lead from it to an authority.
    /// - Returns: nil if they are accepted.
    func refusal(of chain: [[UInt8]]) -> String? {
        // The handshake would take what is noted meanwhile for its own.
        defer { ERR_clear_error() }
        let certificates = chain.compactMap(Certificate.init)
        guard let first = certificates.first, certificates.count == chain.count else { return "a certificate can't be read" }
        guard let others = sk_X509_new_null() else { return Self.noMemory }
        defer { sk_X509_free(others) }
        for certificate in certificates.dropFirst() {
            guard sk_X509_push(others, certificate.pointer) > 0 else { return Self.noMemory }
        }
        guard let context = X509_STORE_CTX_new() else { return Self.noMemory }
        defer { X509_STORE_CTX_free(context) }
        guard X509_STORE_CTX_init(context, store, first.pointer, others) == 1, X509_STORE_CTX_set_default(context, "ssl_client") == 1 else {
            return Self.noMemory
        }
        return withExtendedLifetime(certificates) {
            guard X509_verify_cert(context) != 1 else { return nil }
            return String(cString: X509_verify_cert_error_string(Int(X509_STORE_CTX_get_error(context))))
        }
    }

    private static let noMemory = "there is no memory"
}

/// One certificate as BoringSSL has it.
///
/// Invariant: the pointer is valid as long as the object is there; stores and stacks that keep it longer count it themselves, or are gone before.
private final class Certificate {
    let pointer: OpaquePointer

    /// Nil unless the bytes are a certificate, whole and alone.
    init?(_ der: [UInt8]) {
        let read = der.withUnsafeBufferPointer { bytes -> OpaquePointer? in
            var position = bytes.baseAddress
            guard let certificate = d2i_X509(nil, &position, bytes.count) else { return nil }
            guard position == bytes.baseAddress.map({ $0 + bytes.count }) else {
                X509_free(certificate)
                return nil
            }
            return certificate
        }
        guard let read else { return nil }
        pointer = read
    }

    deinit { X509_free(pointer) }
}
