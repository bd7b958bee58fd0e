/// Takes a format of Gunicorn's and Hypercorn's form apart: text, `%(name)s`, `%({Field}i)s` for a field of the request, `%({Field}o)s` for one of the
/// response, `%({NAME}e)s` for a variable of the environment, and `%%` for a percent sign.
struct AccessLogFormatParser {
    private let characters: [Character]
    private var position = 0
    private var parsed = Parsed()
    private var literal = ""
    /// Whether the text so far has opened quotation marks that it has not closed.
    private var isQuoted = false
    private let variables: [String: String]

    /// What a format consists of.
    struct Parsed {
        var parts: [AccessLogFormat.Part] = []
        var literals: [UInt8] = []
        var fieldNames: [String] = []
    }

    static func parse(_ text: String, variables: [String: String]) throws(AccessLogFormatError) -> Parsed {
        var parser = AccessLogFormatParser(characters: Array(text), variables: variables)
        while parser.position < parser.characters.count { try parser.next() }
        parser.endLiteral()
        return parser.parsed
    }

    private init(characters: [Character], variables: [String: String]) {
        self.characters = characters
        self.variables = variables
    }

    private mutating func next() throws(AccessLogFormatError) {
        let character = characters[position]
        guard character == "%" else {
            guard character.unicodeScalars.allSatisfy({ $0 == "\t" || !OneLine.needsEscape($0) }) else {
                throw AccessLogFormatError("a line has no line breaks or control characters in it", column: position + 1)
            }
            if character == "\"" { isQuoted.toggle() }
            literal.append(character)
            position += 1
            return
        }
        let start = position
        switch position + 1 < characters.count ? characters[position + 1] : nil {
        case "%":
            literal.append("%")
            position += 2
        case "(":
            guard let end = characters[start...].firstIndex(of: ")") else {
                throw AccessLogFormatError("%( has no ), as in %(h)s", column: start + 1)
            }
            let name = String(characters[(start + 2)..<end])
            guard end + 1 < characters.count, characters[end + 1] == "s" else {
                throw AccessLogFormatError("behind %(\(OneLine.escaped(name))) an s is missing: %(\(OneLine.escaped(name)))s", column: start + 1)
            }
            try add(name, column: start + 1)
            position = end + 2
        default:
            throw AccessLogFormatError("an atom is written as %(h)s; a percent sign of its own is %%", column: start + 1)
        }
    }

    private mutating func add(_ name: String, column: Int) throws(AccessLogFormatError) {
        if let known = AccessAtom.names.first(where: { $0.name == name }) { return add(known.atom) }
        guard name.first == "{", let close = name.lastIndex(of: "}") else {
            throw AccessLogFormatError("there is no atom %(\(OneLine.escaped(name)))s\(Self.hint(name)); roost(1) lists them", column: column)
        }
        let inner = String(name[name.index(after: name.startIndex)..<close])
        switch name[name.index(after: close)...] {
        case "i": add(.requestField(try field(inner, column)))
        case "o": add(.responseField(try field(inner, column)))
        case "e":
            guard !inner.isEmpty else { throw AccessLogFormatError("a variable's name is missing, as in %({HOSTNAME}e)s", column: column) }
            // Known now, and the same for all lines.
            let value = variables[inner].flatMap { $0.isEmpty ? nil : $0 } ?? "-"
            literal += OneLine.escaped(value).replacing("\"", with: "\\x22")
        default:
            throw AccessLogFormatError(
                "behind } stands i for a field of the request, o for one of the response or e for a variable, as in %({\(OneLine.escaped(inner))}i)s", column: column)
        }
    }

    /// The place of a field's name.
    private mutating func field(_ name: String, _ column: Int) throws(AccessLogFormatError) -> Int {
        let lowercase = name.lowercased()
        guard !name.isEmpty, name.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && !#"()<>@,;:\"/[]?={}"#.utf8.contains($0) }) else {
            throw AccessLogFormatError("\(OneLine.quoted(name)) is no name of a header field", column: column)
        }
        guard !AccessAtom.secretFields.contains(lowercase) else {
            let wayOut = lowercase == "authorization" ? "; %(u)s is the user that it names" : ""
            throw AccessLogFormatError("the field \(lowercase) holds what only the client and the app may know\(wayOut)", column: column)
        }
        if let known = parsed.fieldNames.firstIndex(of: lowercase) { return known }
        parsed.fieldNames.append(lowercase)
        return parsed.fieldNames.count - 1
    }

    private mutating func add(_ atom: AccessAtom) {
        endLiteral()
        parsed.parts.append(.atom(atom, isQuoted: isQuoted))
    }

    private mutating func endLiteral() {
        guard !literal.isEmpty else { return }
        let start = parsed.literals.count
        parsed.literals += literal.utf8
        parsed.parts.append(.literal(start..<parsed.literals.count))
        literal = ""
    }

    private static func hint(_ name: String) -> String {
        let names = AccessAtom.names.map(\.name)
        // Of one letter every other one would be near.
        let nearest = name.count > 1 ? Suggestion.nearest(to: name, among: names) : names.first { $0.lowercased() == name.lowercased() }
        return nearest.map { "; did you mean %(\($0))s?" } ?? ""
    }
}
