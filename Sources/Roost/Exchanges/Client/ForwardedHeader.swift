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

    /// The field whose name is here; nil if it is another one. A name is told by its length and a few words of it, without making a string.
    ///
    /// - Parameter name: where the name is, in lower case.
    @inline(__always)
    init?(_ bytes: Span<UInt8>, name: Range<Int>) {
        guard name.count == 9 || (15...18).contains(name.count) else { return nil }
        // "x-forwar" or "forwarde", and the last eight bytes.
        let first = bytes.word(at: name.lowerBound)
        let last = bytes.word(at: name.upperBound &- 8)
        if name.count == 9 {
            guard first == 0x6564_7261_7772_6F66, last == 0x6465_6472_6177_726F else { return nil }
            self = .forwarded
            return
        }
        // "de" is what the words of the longer names may leave out between them.
        guard first == 0x7261_7772_6F66_2D78, bytes[name.lowerBound &+ 8] == 0x64, bytes[name.lowerBound &+ 9] == 0x65 else { return nil }
        switch (name.count, last) {
        case (15, 0x726F_662D_6465_6472): self = .xForwardedFor
        case (16, 0x7473_6F68_2D64_6564): self = .xForwardedHost
        case (16, 0x7472_6F70_2D64_6564): self = .xForwardedPort
        case (17, 0x6F74_6F72_702D_6465): self = .xForwardedProto
        case (18, 0x7869_6665_7270_2D64): self = .xForwardedPrefix
        default: return nil
        }
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
