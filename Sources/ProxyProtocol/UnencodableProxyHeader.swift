/// Why a header can't be written: it holds what no receiver may accept, or more than the format can say.
public struct UnencodableProxyHeader: Error, Sendable, Hashable, CustomStringConvertible {
    /// What is wrong.
    public let reason: String

    public var description: String { "the PROXY header can't be written: \(reason)" }
}
