/// A command line that can't be understood. Its description is one line for the operator.
struct CommandLineError: Error, Equatable, CustomStringConvertible {
    let description: String

    /// - Parameters:
    ///   - message: What is wrong, perhaps in several lines and sentences.
    ///   - help: The command that explains what would be right.
    init(_ message: String, help: String) {
        var text = message.split(whereSeparator: \.isNewline).joined(separator: " ")
        if text.hasSuffix(".") { text.removeLast() }
        // A word that is all capitals or that begins with a sign stays as it is.
        if let first = text.first, first.isUppercase, text.dropFirst().first?.isLowercase ?? false {
            text = first.lowercased() + text.dropFirst()
        }
        description = "\(text); see \(help)"
    }
}
