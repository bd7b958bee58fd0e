import Testing

/// Bytes for a test, written as a text of scalars up to U+00FF. Its description is fit for a terminal.
struct Input: Sendable, Hashable, ExpressibleByStringLiteral, CustomTestStringConvertible {
    let text: String

    init(_ text: String) {
        self.text = text
    }

    init(stringLiteral text: String) {
        self.text = text
    }

    var bytes: [UInt8] { latin1(text) }

    var testDescription: String {
        text.count > 60 ? "\(text.prefix(60).debugDescription) and more" : text.debugDescription
    }
}
