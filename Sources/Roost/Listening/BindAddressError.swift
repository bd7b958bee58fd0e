/// Why a text is not an address that can be listened on. Its description is one line for the operator.
public struct BindAddressError: Error, Sendable, Hashable, CustomStringConvertible {
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

    /// `"8000" is not an address to listen on: a port alone is written with a colon; for example :8000`
    public var description: String {
        "\(Self.quoted(text)) is not an address to listen on: \(problem); for example \(example)"
    }

    /// The text in quotation marks on one line, cut when it is very long.
    static func quoted(_ text: some StringProtocol) -> String {
        let shown = text.prefix(160)
        return String(shown).debugDescription + (shown.endIndex < text.endIndex ? "…" : "")
    }
}
