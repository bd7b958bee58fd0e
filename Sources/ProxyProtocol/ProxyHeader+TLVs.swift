/// What the registered TLVs say. If one is there more than once, the first counts.
extension ProxyHeader {
    /// The bytes of the application protocol's name (RFC 7301), `h2` for instance.
    public var alpn: [UInt8]? { tlvs.first(.alpn) }

    /// The host name that the client asked for, the server name of TLS as a rule. Nil also if it is not UTF-8.
    public var authority: String? { tlvs.text(.authority) }

    /// The checksum that came with the header; the parser has compared it.
    public var checksum: UInt32? {
        guard let value = tlvs.first(.crc32c), value.count == 4 else { return nil }
        return value.span.bigEndian(at: 0)
    }

    /// What the proxy calls this connection: up to 128 bytes without a form.
    public var uniqueID: [UInt8]? { tlvs.first(.uniqueID) }

    /// What is known of TLS between the client and the proxy.
    public var ssl: ProxySSL? { tlvs.first(.ssl).flatMap(ProxySSL.init(value:)) }

    /// The name of the network namespace. Nil also if it is not ASCII.
    public var networkNamespace: String? { tlvs.asciiText(.networkNamespace) }
}

extension [ProxyTLV] {
    func first(_ kind: ProxyTLV.Kind) -> [UInt8]? {
        first { $0.kind == kind }?.value
    }

    func text(_ kind: ProxyTLV.Kind) -> String? {
        first(kind).flatMap { String(validating: $0, as: UTF8.self) }
    }

    func asciiText(_ kind: ProxyTLV.Kind) -> String? {
        first(kind).flatMap { String(validating: $0, as: Unicode.ASCII.self) }
    }
}
