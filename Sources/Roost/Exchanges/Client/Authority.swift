import HTTPWire

/// A host and perhaps a port, as `Host` has them (RFC 9110 section 7.2).
struct Authority: Sendable, Hashable {
    /// The host as it came, an IPv6 address in its brackets.
    let name: String
    let port: Int?

    /// Nil if the grammar does not allow these bytes.
    init?(_ bytes: ArraySlice<UInt8>) {
        guard HostSyntax.isValid(bytes.span) else { return nil }
        let colon = bytes.lastIndex(of: UInt8(ascii: ":")).flatMap { bytes[$0...].contains(UInt8(ascii: "]")) ? nil : $0 }
        name = String(decoding: bytes[..<(colon ?? bytes.endIndex)], as: UTF8.self)
        port = colon.flatMap { UInt16(decimalPort: bytes[($0 + 1)...]) }.map(Int.init)
    }

    /// The host without brackets.
    var host: String { name.hasPrefix("[") ? String(name.dropFirst().dropLast()) : name }

    /// The text with another port, which is left out where the scheme implies it.
    func text(port: Int, _ scheme: URLScheme) -> String { port == scheme.defaultPort ? name : "\(name):\(port)" }
}
