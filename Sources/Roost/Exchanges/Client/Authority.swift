import HTTPWire

/// A host and perhaps a port, as `Host` has them (RFC 9110 section 7.2).
struct Authority: Sendable, Hashable {
    /// The host as it came, an IPv6 address in its brackets.
    let name: String
    let port: Int?

    /// Nil if the grammar does not allow these bytes.
    init?(_ bytes: Span<UInt8>) {
        guard HostSyntax.isValid(bytes) else { return nil }
        var end = bytes.count
        var port: UInt16?
        // The colons of an IPv6 address are before its bracket.
        if let colon = bytes.lastIndex(of: UInt8(ascii: ":")), colon > bytes.lastIndex(of: UInt8(ascii: "]")) ?? -1 {
            end = colon
            port = UInt16(decimalPort: bytes.extracting(colon + 1..<bytes.count))
            // No request comes to port 0.
            guard port != 0 else { return nil }
        }
        guard let name = String(bytes.extracting(0..<end)) else { return nil }
        self.name = name
        self.port = port.map(Int.init)
    }

    /// The host without brackets.
    var host: String { name.hasPrefix("[") ? String(name.dropFirst().dropLast()) : name }

    /// The text with another port, which is left out where the scheme implies it.
    func text(port: Int, _ scheme: URLScheme) -> String { port == scheme.defaultPort ? name : "\(name):\(port)" }
}
