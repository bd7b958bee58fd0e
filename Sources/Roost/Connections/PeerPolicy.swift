/// What the peers of one listener may say about who is calling, and who of them may connect.
final class PeerPolicy: Sendable {
    /// The listener's address, for logs; nil where there is no listener.
    let bind: String?
    let proxyProtocol: ProxyProtocolMode
    let proxyAllowFrom: TrustedPeers
    let forwarded: ForwardedPolicy
    /// Who may connect, on a Unix socket; nil for everyone.
    let allowList: PeerAllowList?
    /// What TLS is spoken with; nil for clear text.
    let tls: TLSContexts?

    init(
        bind: String? = nil, proxyProtocol: ProxyProtocolMode, proxyAllowFrom: TrustedPeers, forwarded: ForwardedPolicy, allowList: PeerAllowList?,
        tls: TLSContexts? = nil
    ) {
        self.tls = tls
        self.bind = bind
        self.proxyProtocol = proxyProtocol
        self.proxyAllowFrom = proxyAllowFrom
        self.forwarded = forwarded
        self.allowList = allowList
    }

    /// What a configuration says for one of its binds; without one, what it says for all.
    convenience init(_ config: Config, for bind: Bind? = nil, at address: BoundAddress? = nil, allowList: PeerAllowList? = nil) {
        self.init(
            bind: address.map { "\($0.endpoint)" },
            proxyProtocol: bind?.proxyProtocol ?? config.proxyProtocol,
            proxyAllowFrom: bind?.proxyAllowFrom ?? config.proxyAllowFrom,
            forwarded: ForwardedPolicy(
                allowIPs: bind?.forwardedAllowIPs ?? config.forwardedAllowIPs,
                // Whoever names the proxies of a bind, be it none, does not count them.
                hops: bind?.forwardedAllowIPs == nil ? config.forwardedHops : nil,
                headers: config.forwardedHeaders
            ),
            allowList: allowList,
            tls: bind.flatMap { config.speaksTLS(on: $0) ? config.tlsContexts : nil }
        )
    }

    /// Why a peer is turned away before it has sent anything; nil if it is not.
    func refusal(of origin: ConnectionOrigin, on descriptor: Int32) -> String? {
        if let allowList, origin.hop == .unix {
            guard let peer = origin.credentials, allowList.admits(peer, on: descriptor) else {
                return "connection refused: the peer is none of allow_peer_user and allow_peer_group"
            }
        }
        switch proxyProtocol {
        case .off, .auto: return nil
        case .v1, .v2, .required: return proxyAllowFrom.trusts(origin.hop) ? nil : Self.mayNotSendHeader
        }
    }

    static let mayNotSendHeader = "connection refused: a PROXY header may come from proxy_allow_from only"
}
