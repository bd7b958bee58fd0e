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

    /// The field with this name; nil if it is another one.
    ///
    /// - Parameter name: in lower case.
    init?(name: ArraySlice<UInt8>) {
        guard let first = name.first, first == UInt8(ascii: "x") || first == UInt8(ascii: "f") else { return nil }
        let candidate: ForwardedHeader
        switch name.count {
        case 9: candidate = .forwarded
        case 15: candidate = .xForwardedFor
        case 16: candidate = name[name.startIndex + 12] == UInt8(ascii: "h") ? .xForwardedHost : .xForwardedPort
        case 17: candidate = .xForwardedProto
        case 18: candidate = .xForwardedPrefix
        default: return nil
        }
        guard candidate.rawValue.utf8.elementsEqual(name) else { return nil }
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

    var family: ForwardedFamily { self == .forwarded ? .forwarded : .xForwarded }
}
