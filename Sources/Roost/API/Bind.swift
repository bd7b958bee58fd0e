/// An address to listen on, and what holds for it alone.
public struct Bind: Sendable, Hashable {
    public var address: BindAddress
    /// Whether its connections begin with a PROXY header; nil for `Config.proxyProtocol`.
    public var proxyProtocol: ProxyProtocolMode?
    /// Who may send it a PROXY header; nil for `Config.proxyAllowFrom`.
    public var proxyAllowFrom: TrustedPeers?
    /// Whose forwarded fields are believed on it; nil for `Config.forwardedAllowIPs`.
    public var forwardedAllowIPs: TrustedPeers?
    /// Whether TLS is spoken on it; nil for whenever `Config.tls` is set.
    public var tls: Bool?

    public init(
        _ address: BindAddress,
        proxyProtocol: ProxyProtocolMode? = nil,
        proxyAllowFrom: TrustedPeers? = nil,
        forwardedAllowIPs: TrustedPeers? = nil,
        tls: Bool? = nil
    ) {
        self.address = address
        self.proxyProtocol = proxyProtocol
        self.proxyAllowFrom = proxyAllowFrom
        self.forwardedAllowIPs = forwardedAllowIPs
        self.tls = tls
    }
}

/// Addresses without options, spelled as the cases of `BindAddress` are.
extension Bind {
    public static func tcp(host: String, port: Int) -> Bind { Bind(.tcp(host: host, port: port)) }
    public static func unix(path: String) -> Bind { Bind(.unix(path: path)) }
    public static func abstract(name: String) -> Bind { Bind(.abstract(name: name)) }
    public static func descriptor(_ number: Int32) -> Bind { Bind(.descriptor(number)) }
    public static func systemd(name: String?) -> Bind { Bind(.systemd(name: name)) }
}
