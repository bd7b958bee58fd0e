import ProxyProtocol

/// Whose forwarded fields are believed, which, and how far.
struct ForwardedPolicy: Sendable {
    /// Whose fields are believed, and whose entries in lists are passed over.
    let allowIPs: TrustedPeers
    /// How many proxies there are, whoever they be; then `allowIPs` counts for nothing.
    let hops: Int?
    /// The fields that the trusted proxy sets itself.
    let headers: Set<ForwardedHeader>
    /// The family of `headers`; nil if no field is believed.
    let family: ForwardedFamily?
    /// A bit for each of `headers`: what is asked for each request needs no hashing.
    private let bits: UInt8

    init(allowIPs: TrustedPeers, hops: Int?, headers: Set<ForwardedHeader>) {
        self.allowIPs = allowIPs
        self.hops = hops
        self.headers = headers
        family = headers.isEmpty ? nil : headers.contains(.forwarded) ? .forwarded : .xForwarded
        bits = headers.reduce(0) { $0 | $1.bit }
    }

    /// Whether the fields of this sender's requests are believed.
    func trusts(_ hop: Hop) -> Bool { hops != nil || allowIPs.trusts(hop) }

    /// Whether this field is believed.
    func believes(_ header: ForwardedHeader) -> Bool { bits & header.bit != 0 }

    /// Whether an entry of a list is one of our proxies, so that the entry to its left is believed too.
    ///
    /// - Parameter index: how many entries are to its right.
    func passes(_ node: ForwardedNode?, at index: Int) -> Bool {
        if let hops { return index &+ 1 < hops }
        return node?.address.map(allowIPs.covers) ?? false
    }
}
