/// A header field in which proxies tell of the request that they got.
public enum ForwardedHeader: String, CaseIterable, Sendable, Hashable {
    /// The addresses that the request came from, one added by each proxy.
    case xForwardedFor = "x-forwarded-for"
    /// `http` or `https`.
    case xForwardedProto = "x-forwarded-proto"
    /// The host that was asked for, perhaps with a port.
    case xForwardedHost = "x-forwarded-host"
    /// The port that the request came to.
    case xForwardedPort = "x-forwarded-port"
    /// The path's beginning that the proxy took away.
    case xForwardedPrefix = "x-forwarded-prefix"
    /// All of this in one field (RFC 7239).
    case forwarded = "forwarded"

    /// The field whose name is here; nil if it is another one.
    ///
    /// - Parameter name: where the name is, in lower case.
    @inline(__always)
    init?(_ bytes: Span<UInt8>, name: Range<Int>) {
        // Few other fields have such a length and begin like this.
        guard name.count == 9 || name.count >= 15 && name.count <= 18 else { return nil }
        let first = bytes[name.lowerBound]
        guard first == UInt8(ascii: "x") || first == UInt8(ascii: "f") else { return nil }
        self.init(candidate: bytes, name: name)
    }

    @inline(never)
    private init?(candidate bytes: Span<UInt8>, name: Range<Int>) {
        let candidate: ForwardedHeader
        switch name.count {
        case 9: candidate = .forwarded
        case 15: candidate = .xForwardedFor
        case 16: candidate = bytes[name.lowerBound + 12] == UInt8(ascii: "h") ? .xForwardedHost : .xForwardedPort
        case 17: candidate = .xForwardedProto
        case 18: candidate = .xForwardedPrefix
        default: return nil
        }
        var offset = name.lowerBound
        for byte in candidate.rawValue.utf8 {
            guard bytes[offset] == byte else { return nil }
            offset += 1
        }
        self = candidate
    }

    /// A number below the number of all fields, for tables of them.
    var index: Int {
        switch self {
        case .xForwardedFor: 0
        case .xForwardedProto: 1
        case .xForwardedHost: 2
        case .xForwardedPort: 3
        case .xForwardedPrefix: 4
        case .forwarded: 5
        }
    }

    /// A bit of its own, for sets of fields that are asked without hashing.
    var bit: UInt8 { 1 << UInt8(truncatingIfNeeded: index) }

    var family: ForwardedFamily { self == .forwarded ? .forwarded : .xForwarded }
}
