/// Whether the connections of a bind begin with a header of the PROXY protocol (HAProxy's `proxy-protocol.txt`).
public enum ProxyProtocolMode: String, Sendable, Hashable, CaseIterable {
    /// They do not: a header is answered with 400 and never believed.
    case off
    /// They may, with one of either version. Without one the peer's own address counts.
    case auto
    /// They must, with one of version 1, which is text. nginx sends that.
    case v1
    /// They must, with one of version 2, which is binary.
    case v2
    /// They must, with one of either version.
    case required
}
