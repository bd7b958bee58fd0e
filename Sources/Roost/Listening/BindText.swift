extension Bind: CustomStringConvertible {
    /// Reads an address, which may be followed by `?` and options: `unix:/run/app.sock?proxy_protocol=v2&proxy_allow_from=unix:,10.0.0.0/8`.
    ///
    /// The options are `proxy_protocol`, `proxy_allow_from`, `forwarded_allow_ips` and `tls`, each at most once, joined by `&`; a dash is as good as an
    /// underscore. Lists are separated by commas, and `none` is the empty list. Nothing is percent-decoded, and the first `?` ends the address,
    /// so a Unix socket with one in its path can't be written as text.
    ///
    /// - Throws: `BindAddressError`, which names the text, what was expected, and a text that is right.
    public init(_ text: String) throws(BindAddressError) {
        guard let mark = text.utf8.firstIndex(of: UInt8(ascii: "?")) else {
            self.init(try BindAddress(text))
            return
        }
        let address: BindAddress
        do throws(BindAddressError) {
            address = try BindAddress(String(text[..<mark]))
        } catch {
            throw BindAddressError(text, error.problem, example: error.example)
        }
        self.init(address)
        var seen: Set<BindOption> = []
        for assignment in text[text.utf8.index(after: mark)...].split(separator: "&", omittingEmptySubsequences: false) {
            do throws(BindOptionProblem) {
                let (option, value) = try BindOption.assignment(assignment)
                guard seen.insert(option).inserted else { throw BindOptionProblem("\(option.rawValue) is given twice", option) }
                try set(option, value)
            } catch {
                throw BindAddressError(text, error.what, example: "\(address)?\(error.option.example)")
            }
        }
    }

    /// The bind as text, in the form that `init(_:)` reads back; only a Unix socket with a `?` in its path has none.
    public var description: String {
        var options: [String] = []
        if let proxyProtocol { options.append("\(BindOption.proxyProtocol.rawValue)=\(proxyProtocol.rawValue)") }
        if let proxyAllowFrom { options.append("\(BindOption.proxyAllowFrom.rawValue)=\(Self.text(proxyAllowFrom))") }
        if let forwardedAllowIPs { options.append("\(BindOption.forwardedAllowIPs.rawValue)=\(Self.text(forwardedAllowIPs))") }
        if let tls { options.append("\(BindOption.tls.rawValue)=\(tls)") }
        return address.description + (options.isEmpty ? "" : "?" + options.joined(separator: "&"))
    }

    private mutating func set(_ option: BindOption, _ value: Substring) throws(BindOptionProblem) {
        switch option {
        case .proxyProtocol:
            guard let mode = ProxyProtocolMode(rawValue: value.lowercased()) else {
                let modes = ProxyProtocolMode.allCases.map(\.rawValue)
                let choices = modes.dropLast().joined(separator: ", ") + " or " + (modes.last ?? "")
                throw BindOptionProblem("proxy_protocol is \(choices), not \(BindAddressError.quoted(value))", option)
            }
            proxyProtocol = mode
        case .proxyAllowFrom:
            proxyAllowFrom = try Self.peers(value, option)
        case .forwardedAllowIPs:
            forwardedAllowIPs = try Self.peers(value, option)
        case .tls:
            switch value.lowercased() {
            case "true", "on", "yes", "1": tls = true
            case "false", "off", "no", "0": tls = false
            default: throw BindOptionProblem("tls is true or false, not \(BindAddressError.quoted(value))", option)
            }
        }
    }

    private static func peers(_ text: Substring, _ option: BindOption) throws(BindOptionProblem) -> TrustedPeers {
        if text == noPeers { return [] }
        do throws(TrustedPeerError) {
            return try TrustedPeers(String(text))
        } catch {
            throw BindOptionProblem("\(option.rawValue) has \(BindAddressError.quoted(error.text)): \(error.problem)", option)
        }
    }

    private static func text(_ peers: TrustedPeers) -> String { peers.peers.isEmpty ? noPeers : peers.description }

    private static let noPeers = "none"
}

/// What can be said for one bind alone, under the names of the settings for all of them.
private enum BindOption: String, CaseIterable {
    case proxyProtocol = "proxy_protocol"
    case proxyAllowFrom = "proxy_allow_from"
    case forwardedAllowIPs = "forwarded_allow_ips"
    case tls

    /// An assignment that is right.
    var example: String {
        switch self {
        case .proxyProtocol: "proxy_protocol=v2"
        case .proxyAllowFrom: "proxy_allow_from=unix:,10.0.0.0/8"
        case .forwardedAllowIPs: "forwarded_allow_ips=unix:"
        case .tls: "tls=false"
        }
    }

    /// Reads `key=value`.
    static func assignment(_ text: Substring) throws(BindOptionProblem) -> (option: BindOption, value: Substring) {
        guard !text.isEmpty else { throw BindOptionProblem("an option is missing after ? or &", .proxyProtocol) }
        let equals = text.firstIndex(of: "=")
        let key = text[..<(equals ?? text.endIndex)]
        let name = String(key.map { $0 == "-" ? "_" : $0 })
        guard let option = BindOption(rawValue: name) else {
            let names = "the options are " + allCases.dropLast().map(\.rawValue).joined(separator: ", ") + " and " + (allCases.last?.rawValue ?? "")
            guard !key.isEmpty else { throw BindOptionProblem("an option has no name; \(names)", .proxyProtocol) }
            throw BindOptionProblem("there is no option \(BindAddressError.quoted(key)); \(names)", nearest(to: name))
        }
        guard let equals else { throw BindOptionProblem("\(option.rawValue) has no value", option) }
        let value = text[text.index(after: equals)...]
        guard !value.isEmpty else { throw BindOptionProblem("the value of \(option.rawValue) is empty", option) }
        return (option, value)
    }

    /// The option whose name has the longest beginning in common with a name that is none.
    private static func nearest(to name: String) -> BindOption {
        func common(_ option: BindOption) -> Int { zip(option.rawValue.utf8, name.utf8).prefix { $0 == $1 }.count }
        return allCases.reduce(.proxyProtocol) { common($1) > common($0) ? $1 : $0 }
    }
}

/// What is wrong with an option, and which one is shown as an example.
private struct BindOptionProblem: Error {
    let what: String
    let option: BindOption

    init(_ what: String, _ option: BindOption) {
        self.what = what
        self.option = option
    }
}
