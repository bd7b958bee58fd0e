extension SettingValue {
    /// The word for a list without entries, where there may be one.
    static let emptyList = "none"

    /// The entries of a list of words: the texts of a list or a single one, and in each what stands between commas.
    ///
    /// - Parameter expected: What an entry is.
    func entries(_ expected: String) throws(SettingProblem) -> [String] {
        let elements: [SettingValue] = if case .list(let values) = self { values } else { [self] }
        var entries: [String] = []
        for element in elements {
            switch element {
            case .text(let text): entries += text.split(separator: ",", omittingEmptySubsequences: false).map(Self.trimmed)
            // Numbers of users need no quotation marks in a file.
            case .integer(let number, octal: false): entries.append("\(number)")
            default: throw SettingProblem("expected \(expected)", in: element)
            }
        }
        return entries
    }

    /// The text without blanks around it.
    static func trimmed(_ text: Substring) -> String {
        let isBlank = { (character: Character) in character == " " || character == "\t" }
        guard let first = text.firstIndex(where: { !isBlank($0) }), let last = text.lastIndex(where: { !isBlank($0) }) else { return "" }
        return String(text[first...last])
    }
}
