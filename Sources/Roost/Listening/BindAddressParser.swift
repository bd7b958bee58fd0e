extension BindAddress {
    /// Reads an address in one of its text forms.
    ///
    /// Nothing is guessed: an IPv6 address stands in brackets, a port is never taken for a host, and a URL is refused.
    /// Relative Unix paths count from the working directory at the time of the bind.
    ///
    /// - Throws: `BindAddressError`, which names the text, what was expected, and a text that is right.
    public init(_ text: String) throws(BindAddressError) {
        self = try Self.parse(text)
        if let problem = self.problem {
            throw BindAddressError(text, problem.what, example: problem.example)
        }
    }

    private static func parse(_ text: String) throws(BindAddressError) -> BindAddress {
        guard !text.isEmpty else {
            throw BindAddressError(text, "it is empty; expected host:port, unix:PATH, fd://N or systemd:NAME", example: "127.0.0.1:8000")
        }
        if text.hasPrefix("/") || text.hasPrefix("./") || text.hasPrefix("../") { return .unix(path: text) }
        if let rest = text.dropping("unix:") { return try unixAddress(rest, text) }
        if let rest = text.dropping("fd://") { return try descriptorAddress(rest, text) }
        if let rest = text.dropping("systemd:") { return .systemd(name: rest.isEmpty ? nil : String(rest)) }
        if let hint = schemeHint(text) { throw hint }
        if text.hasPrefix("[") { return try bracketedAddress(text) }
        return try hostAddress(text)
    }

    private static func unixAddress(_ rest: Substring, _ text: String) throws(BindAddressError) -> BindAddress {
        if rest.hasPrefix("//") {
            let path = rest.drop { $0 == "/" }
            throw BindAddressError(text, "a Unix socket is written unix: and its path, without //", example: "unix:/\(path)")
        }
        if rest.hasPrefix("@") { return .abstract(name: String(rest.dropFirst())) }
        return .unix(path: String(rest))
    }

    private static func descriptorAddress(_ rest: Substring, _ text: String) throws(BindAddressError) -> BindAddress {
        guard let number = decimal(rest, upTo: Int(Int32.max)) else {
            throw BindAddressError(
                text, "expected the number of an inherited descriptor after fd://, not \(BindAddressError.quoted(rest))", example: "fd://3")
        }
        return .descriptor(Int32(number))
    }

    /// The error for a text that starts like something else that people write.
    private static func schemeHint(_ text: String) -> BindAddressError? {
        if let rest = text.dropping("fd:") {
            let number = rest.drop { $0 == "/" }
            return BindAddressError(text, "an inherited descriptor is written fd://N", example: "fd://\(number.isEmpty ? "3" : number)")
        }
        if text.hasPrefix("@") {
            return BindAddressError(text, "an abstract Unix socket is written unix:@NAME", example: "unix:\(text)")
        }
        guard let scheme = text.firstRange(of: "://") else { return nil }
        let rest = text[scheme.upperBound...].prefix { $0 != "/" }
        return BindAddressError(
            text, "expected an address, not a URL; leave \(text[..<scheme.upperBound]) away", example: rest.isEmpty ? "127.0.0.1:8000" : String(rest))
    }

    /// `[v6]` and `[v6]:port`.
    private static func bracketedAddress(_ text: String) throws(BindAddressError) -> BindAddress {
        guard let close = text.firstIndex(of: "]") else {
            throw BindAddressError(text, "the bracket around the IPv6 address is not closed", example: "[::1]:8000")
        }
        let host = text[text.index(after: text.startIndex)..<close]
        guard host.contains(":") else {
            throw BindAddressError(text, "brackets are for IPv6 addresses, and \(BindAddressError.quoted(host)) is none", example: "[::1]:8000")
        }
        let rest = text[text.index(after: close)...]
        if rest.isEmpty { return .tcp(host: String(host), port: defaultPort) }
        guard rest.first == ":" else {
            throw BindAddressError(text, "expected :PORT or nothing after the bracket, not \(BindAddressError.quoted(rest))", example: "[::1]:8000")
        }
        return .tcp(host: String(host), port: try port(rest.dropFirst(), text))
    }

    /// `host`, `host:port` and `:port`.
    private static func hostAddress(_ text: String) throws(BindAddressError) -> BindAddress {
        guard let colon = text.firstIndex(of: ":") else {
            if decimal(text[...], upTo: 65535) != nil {
                throw BindAddressError(
                    text, "a port alone is written with a colon before it (every address), or after a host", example: ":\(text) or 127.0.0.1:\(text)")
            }
            return .tcp(host: text, port: defaultPort)
        }
        let rest = text[text.index(after: colon)...]
        guard !rest.contains(":") else {
            let example = isIPv6(text) ? "[\(text)]:\(defaultPort)" : "[::1]:\(defaultPort)"
            throw BindAddressError(text, "an IPv6 address is written in brackets", example: example)
        }
        return .tcp(host: String(text[..<colon]), port: try port(rest, text))
    }

    private static func port(_ digits: Substring, _ text: String) throws(BindAddressError) -> Int {
        if let port = decimal(digits, upTo: 65535) { return port }
        let came = digits.isEmpty ? "nothing" : BindAddressError.quoted(digits)
        throw BindAddressError(text, "expected a port from 0 to 65535 after the last colon, not \(came)", example: "127.0.0.1:8000")
    }

    /// Digits only (no sign, no space), not above the limit.
    private static func decimal(_ digits: Substring, upTo limit: Int) -> Int? {
        guard !digits.isEmpty, digits.utf8.count <= 10, digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        guard let value = Int(digits), value <= limit else { return nil }
        return value
    }
}

extension String {
    /// What follows the prefix; nil when the text doesn't start with it.
    fileprivate func dropping(_ prefix: String) -> Substring? {
        hasPrefix(prefix) ? self[utf8.index(startIndex, offsetBy: prefix.utf8.count)...] : nil
    }

    fileprivate func firstRange(of mark: String) -> Range<Index>? {
        var start = startIndex
        while start < endIndex {
            if self[start...].hasPrefix(mark) { return start..<index(start, offsetBy: mark.count) }
            start = index(after: start)
        }
        return nil
    }
}
