/// Why bytes that begin as a PROXY header are none. The connection must be closed: nothing on it can be attributed to anyone.
public struct MalformedProxyHeader: Error, Sendable, Hashable, CustomStringConvertible {
    public let version: ProxyHeader.Version
    /// What is wrong. It holds nothing that the peer sent but numbers.
    public let reason: String
    /// Where, counted from 0 at the header's first byte.
    public let offset: Int

    static func v1(_ reason: String, at offset: Int) -> MalformedProxyHeader {
        MalformedProxyHeader(version: .v1, reason: reason, offset: offset)
    }

    static func v2(_ reason: String, at offset: Int) -> MalformedProxyHeader {
        MalformedProxyHeader(version: .v2, reason: reason, offset: offset)
    }

    /// One line for the operator's log.
    public var description: String {
        "malformed PROXY \(version) header: \(reason) (at offset \(offset))"
    }
}
