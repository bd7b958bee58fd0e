/// How lines of the access log look: a list of parts, read once from the setting `access_log_format`.
struct AccessLogFormat: Sendable, Equatable {
    enum Part: Sendable, Equatable {
        /// Text of the format's own: where it is in `literals`.
        case literal(Range<Int>)
        /// `isQuoted`: it stands between quotation marks, where spaces are harmless.
        case atom(AccessAtom, isQuoted: Bool)
    }

    /// How parts of requests are made harmless.
    enum Escaping: Sendable {
        /// Quotation marks, backslashes and everything that is not printable ASCII are `\xHH`.
        case hexadecimal
        /// As in strings of JSON, for a format that is an object of JSON itself.
        case json
    }

    /// The setting's value: a name, or the format itself.
    let text: String
    let parts: [Part]
    let literals: [UInt8]
    /// The names of the fields that it tells of, in lower case.
    let fieldNames: [String]
    let escaping: Escaping
    /// Whether a line is a JSON object of everything that is known; `parts` is empty then.
    let isJSON: Bool

    /// The formats that have a name.
    static let named: [(name: String, format: String)] = [
        ("roost", #"%(h)s - %(u)s %(t)s "%(R)s" %(s)s %(B)s "%(f)s" "%(a)s" %(L)s %(id)s"#),
        ("combined", #"%(h)s %(l)s %(u)s %(t)s "%(R)s" %(s)s %(b)s "%(f)s" "%(a)s""#),
        ("common", #"%(h)s %(l)s %(u)s %(t)s "%(R)s" %(s)s %(b)s"#),
    ]
    static let jsonName = "json"
    static let names = named.map(\.name) + [jsonName]

    /// The Combined Log Format, then the seconds that the request took, then its id.
    static let roost = AccessLogFormat(known: named[0].name, named[0].format)

    /// - Parameter text: One of the names, or a format such as `%(h)s %(s)s`.
    init(_ text: String, variables: [String: String] = ProcessEnvironment.variables()) throws(AccessLogFormatError) {
        self.text = text
        isJSON = text == Self.jsonName
        escaping = text.first == "{" ? .json : .hexadecimal
        let format = Self.named.first { $0.name == text }?.format ?? text
        guard isJSON || format.contains("%") else { throw AccessLogFormatError(noFormat: text) }
        let parsed = isJSON ? AccessLogFormatParser.Parsed() : try AccessLogFormatParser.parse(format, variables: variables)
        (parts, literals, fieldNames) = (parsed.parts, parsed.literals, parsed.fieldNames)
    }

    private init(known name: String, _ format: String) {
        text = name
        // A format of the program's own has no mistakes, which a test makes sure of.
        let parsed = (try? AccessLogFormatParser.parse(format, variables: [:])) ?? AccessLogFormatParser.Parsed()
        (parts, literals, fieldNames) = (parsed.parts, parsed.literals, parsed.fieldNames)
        escaping = .hexadecimal
        isJSON = false
    }

    /// Whether it tells of the response's fields.
    var needsResponseHead: Bool {
        parts.contains { if case .atom(.responseField, _) = $0 { true } else { false } }
    }
}
