/// Why a text names no one who could be trusted. Its description is one line for the operator.
public struct TrustedPeerError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The text as it was given.
    public let text: String
    /// What is wrong with it and what was expected.
    public let problem: String
    /// A text that would have been understood.
    public let example: String

    init(_ text: String, _ problem: String, example: String) {
        self.text = text
        self.problem = problem
        self.example = example
    }

    /// `"10.0.0.1/8" can't be trusted: bits behind the first 8 are set; the network is 10.0.0.0/8, the address alone 10.0.0.1; for example 10.0.0.0/8`
    public var description: String {
        "\(BindAddressError.quoted(text)) can't be trusted: \(problem); for example \(example)"
    }
}
