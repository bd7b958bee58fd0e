/// One of the type-length-value triples behind the addresses of a version 2 header, as it is on the wire.
public struct ProxyTLV: Sendable, Hashable {
    /// The type of a TLV.
    public struct Kind: RawRepresentable, Sendable, Hashable {
        public let rawValue: UInt8

        public init(rawValue: UInt8) {
            self.rawValue = rawValue
        }

        /// `PP2_TYPE_ALPN`: the application protocol's name.
        public static let alpn = Kind(rawValue: 0x01)
        /// `PP2_TYPE_AUTHORITY`: the host name that the client asked for, in UTF-8.
        public static let authority = Kind(rawValue: 0x02)
        /// `PP2_TYPE_CRC32C`: the checksum over the whole header, most significant byte first.
        public static let crc32c = Kind(rawValue: 0x03)
        /// `PP2_TYPE_NOOP`: padding.
        public static let noop = Kind(rawValue: 0x04)
        /// `PP2_TYPE_UNIQUE_ID`: up to 128 bytes that name the connection.
        public static let uniqueID = Kind(rawValue: 0x05)
        /// `PP2_TYPE_SSL`: see `ProxySSL`.
        public static let ssl = Kind(rawValue: 0x20)
        /// `PP2_SUBTYPE_SSL_VERSION`, inside `ssl`: the version of TLS, `TLSv1.3` for instance.
        public static let sslVersion = Kind(rawValue: 0x21)
        /// `PP2_SUBTYPE_SSL_CN`, inside `ssl`: the common name in the client's certificate, in UTF-8.
        public static let sslCommonName = Kind(rawValue: 0x22)
        /// `PP2_SUBTYPE_SSL_CIPHER`, inside `ssl`: the cipher's name.
        public static let sslCipher = Kind(rawValue: 0x23)
        /// `PP2_SUBTYPE_SSL_SIG_ALG`, inside `ssl`: how the proxy's certificate is signed, `SHA256` for instance.
        public static let sslSignatureAlgorithm = Kind(rawValue: 0x24)
        /// `PP2_SUBTYPE_SSL_KEY_ALG`, inside `ssl`: the kind of the key in the proxy's certificate, `RSA2048` for instance.
        public static let sslKeyAlgorithm = Kind(rawValue: 0x25)
        /// `PP2_SUBTYPE_SSL_GROUP`, inside `ssl`: the group of the key exchange.
        public static let sslGroup = Kind(rawValue: 0x26)
        /// `PP2_SUBTYPE_SSL_SIG_SCHEME`, inside `ssl`: the signature scheme of the handshake.
        public static let sslSignatureScheme = Kind(rawValue: 0x27)
        /// `PP2_SUBTYPE_SSL_CLIENT_CERT`, inside `ssl`: the client's certificate in DER.
        public static let sslClientCertificate = Kind(rawValue: 0x28)
        /// `PP2_TYPE_NETNS`: the name of the network namespace, in ASCII.
        public static let networkNamespace = Kind(rawValue: 0x30)

        /// Whether the type is one that vendors and applications may use as they like.
        public var isCustom: Bool { (0xE0...0xEF).contains(rawValue) }
        /// Whether the type is one for experiments.
        public var isExperimental: Bool { (0xF0...0xF7).contains(rawValue) }
    }

    /// The most bytes that a unique id may have.
    static let longestUniqueID = 128

    public var kind: Kind
    public var value: [UInt8]

    public init(_ kind: Kind, _ value: [UInt8]) {
        self.kind = kind
        self.value = value
    }

    public init(_ kind: Kind, _ text: String) {
        self.init(kind, Array(text.utf8))
    }

    /// Asks for a checksum in an encoded header: the value is computed when the header is written.
    public static let checksum = ProxyTLV(.crc32c, [0, 0, 0, 0])

    /// What is wrong with the value; nil if nothing is.
    var defect: String? {
        switch kind {
        case .crc32c where value.count != 4:
            "the checksum (CRC32C) has \(value.count) bytes instead of 4"
        case .uniqueID where value.count > Self.longestUniqueID:
            "the unique id (UNIQUE_ID) has \(value.count) bytes, more than \(Self.longestUniqueID)"
        case .ssl where ProxySSL(value: value) == nil:
            "the TLS data (SSL) is no flags, verification result and whole TLVs"
        default:
            nil
        }
    }
}
