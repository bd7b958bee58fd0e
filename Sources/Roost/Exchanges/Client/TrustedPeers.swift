import ProxyProtocol

/// Those whose word about clients is believed.
public struct TrustedPeers: Sendable, Hashable {
    public var peers: [TrustedPeer]

    public init(_ peers: [TrustedPeer]) {
        self.peers = peers
    }

    /// Reads peers with commas between them, and perhaps spaces; an empty text is nobody.
    ///
    /// - Throws: `TrustedPeerError` about the first that is none.
    public init(_ text: String) throws(TrustedPeerError) {
        peers = []
        guard text.contains(where: { $0 != " " }) else { return }
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            let trimmed = part.drop { $0 == " " }
            let end = trimmed.lastIndex { $0 != " " }.map(trimmed.index(after:)) ?? trimmed.startIndex
            peers.append(try TrustedPeer(String(trimmed[..<end])))
        }
    }

    /// Peers on Unix sockets and on this host's loopback addresses: `unix:,127.0.0.0/8,::1`.
    public static let local = TrustedPeers([
        .unix,
        .network(IPNetwork(.v4(IPv4Address(bits: 0x7F00_0000)), prefixLength: 8) ?? IPNetwork(.v4(IPv4Address(bits: 0x7F00_0001)))),
        .network(IPNetwork(.v6(IPv6Address(bits: 1)))),
    ])

    /// Whether the sender of a request is one of them.
    func trusts(_ hop: Hop) -> Bool {
        for peer in peers {
            switch (peer, hop) {
            case (.anyone, _), (.unix, .unix): return true
            case (.network(let network), .ip(let address)) where network.contains(address): return true
            default: break
            }
        }
        return false
    }

    /// Whether an address that is only told of is one of them. `*` counts for nothing here: everyone can be the nearest peer, but if everyone
    /// in a list were trusted, its left end, which the client writes, would be believed.
    func covers(_ address: IPAddress) -> Bool {
        for case .network(let network) in peers where network.contains(address) { return true }
        return false
    }
}

extension TrustedPeers: ExpressibleByArrayLiteral {
    public init(arrayLiteral elements: TrustedPeer...) {
        self.init(elements)
    }
}

extension TrustedPeers: CustomStringConvertible {
    /// The peers with commas between them.
    public var description: String { peers.map(\.description).joined(separator: ",") }
}
