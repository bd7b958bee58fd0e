/// Someone whose word about clients is believed: `*`, `unix:`, an IP address, or a network as `10.0.0.0/8`.
public enum TrustedPeer: Sendable, Hashable, CustomStringConvertible {
    /// Whoever connects, `*`. It says nothing of addresses that are only told of: in a forwarded list it trusts no entry.
    case anyone
    /// Whoever connects to a Unix socket, `unix:`.
    case unix
    /// The addresses of a network.
    case network(IPNetwork)

    /// Reads a peer in one of its text forms.
    ///
    /// - Throws: `TrustedPeerError`, which names the text, what was expected, and a text that is right.
    public init(_ text: String) throws(TrustedPeerError) {
        switch text {
        case "*": self = .anyone
        case "unix:": self = .unix
        case "": throw TrustedPeerError(text, "it is empty; expected an IP address, a network, unix: or *", example: "unix:")
        default:
            guard !text.hasPrefix("unix:") else {
                throw TrustedPeerError(text, "unix: is every peer on a Unix socket and has no path", example: "unix:")
            }
            self = .network(try IPNetwork(text))
        }
    }

    /// The peer as text, in the form that `init(_:)` reads back.
    public var description: String {
        switch self {
        case .anyone: "*"
        case .unix: "unix:"
        case .network(let network): network.description
        }
    }
}
