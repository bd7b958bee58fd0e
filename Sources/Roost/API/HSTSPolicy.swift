/// What browsers are told of coming by https from now on (`Strict-Transport-Security`, RFC 6797).
public struct HSTSPolicy: Sendable, Hashable {
    /// For how long, in whole seconds; zero takes back what they were told before. Default: a year.
    public var maxAge: Duration
    /// Whether the names below the host are meant too. Default: false.
    public var includesSubdomains: Bool
    /// Whether the host may be put on the lists that browsers bring along, which ask for a year and subdomains. Default: false.
    public var preload: Bool

    public init(maxAge: Duration = .seconds(31_536_000), includesSubdomains: Bool = false, preload: Bool = false) {
        self.maxAge = maxAge
        self.includesSubdomains = includesSubdomains
        self.preload = preload
    }

    /// The name of the field.
    static let field = "strict-transport-security"

    /// The value of the field.
    var value: String {
        "max-age=\(max(0, maxAge.components.seconds))" + (includesSubdomains ? "; includeSubDomains" : "") + (preload ? "; preload" : "")
    }
}
