import HTTPWire

/// A head as strings, so that two can be compared.
struct ParsedHead: Equatable {
    var method = "GET"
    var rawTarget = "/"
    var rawPath = "/"
    var path = "/"
    var query = ""
    var host = "h"
    var fields: [HeaderField] = []
    var version = RequestHead.Version.http11
    var form = RequestHead.TargetForm.origin
    var framing = RequestHead.Framing.none
    var keepAlive = true
    var expectsContinue = false
    var wantsUpgrade = false
    var isHead = false
    var hasDroppedFields = false
    var namesRequest = false
    var isForwarded = false
    var tellsStart = false
    var takesTrailers = false

    init() {}

    init(_ head: RequestHead) {
        method = head.method
        rawTarget = head.rawTarget
        rawPath = head.rawPath
        path = head.path
        query = head.queryString
        host = head.host
        fields = (0..<head.fieldCount).map { HeaderField(name: head.fieldName(at: $0), value: head.fieldValue(at: $0)) }
        version = head.version
        form = head.targetForm
        framing = head.framing
        keepAlive = head.keepAlive
        expectsContinue = head.expectsContinue
        wantsUpgrade = head.wantsUpgrade
        isHead = head.isHead
        hasDroppedFields = head.hasDroppedFields
        namesRequest = head.namesRequest
        isForwarded = head.isForwarded
        tellsStart = head.tellsStart
        takesTrailers = head.takesTrailers
    }

    /// The head as it would be sent.
    var bytes: [UInt8] {
        var bytes = Array("\(method) \(rawTarget) HTTP/\(version == .http11 ? "1.1" : "1.0")\r\n".utf8)
        for field in fields {
            bytes += Array("\(field.name): ".utf8) + field.value.unicodeScalars.map { UInt8($0.value) } + [13, 10]
        }
        return bytes + [13, 10]
    }
}

/// An outcome of the parser, so that two can be compared.
enum Parsed: Equatable {
    case needMore
    case complete(ParsedHead, length: Int)
    case rejected(RequestRejection)

    init(_ outcome: RequestParser.Outcome) {
        switch outcome {
        case .needMore: self = .needMore
        case .complete(let head, let length): self = .complete(ParsedHead(head), length: length)
        case .rejected(let rejection): self = .rejected(rejection)
        }
    }

    var head: ParsedHead? {
        if case .complete(let head, _) = self { head } else { nil }
    }

    var rejection: RequestRejection? {
        if case .rejected(let rejection) = self { rejection } else { nil }
    }

    /// The status of a rejection; 0 of anything else.
    var status: Int { rejection?.status ?? 0 }
}

/// Parses bytes that arrive all at once.
func parse(_ bytes: [UInt8], limits: RequestLimits = RequestLimits(), headerMap: HeaderMap = .drop) -> Parsed {
    var parser = RequestParser(limits: limits, headerMap: headerMap)
    return Parsed(parser.parse(bytes.span))
}

func parse(_ text: String, limits: RequestLimits = RequestLimits()) -> Parsed {
    parse(latin1(text), limits: limits)
}

/// Parses bytes that arrive in pieces, which end at `ends` and at their end.
func parse(_ bytes: [UInt8], arrivingUpTo ends: some Sequence<Int>, with parser: inout RequestParser) -> Parsed {
    for end in ends {
        let piece = Array(bytes[..<end])
        let outcome = parser.parse(piece.span)
        if case .needMore = outcome { continue }
        return Parsed(outcome)
    }
    return Parsed(parser.parse(bytes.span))
}

/// Parses bytes whole, byte by byte, and cut in two at every place; returns the outcome, and the first way that led to another one.
func parseEveryWay(
    _ bytes: [UInt8], limits: RequestLimits = RequestLimits(), headerMap: HeaderMap = .drop
) -> (Parsed, different: String?) {
    let whole = parse(bytes, limits: limits, headerMap: headerMap)
    var parser = RequestParser(limits: limits, headerMap: headerMap)
    let single = parse(bytes, arrivingUpTo: bytes.indices, with: &parser)
    if single != whole { return (whole, "byte by byte: \(single)") }
    for cut in bytes.indices {
        parser.reset()
        let halves = parse(bytes, arrivingUpTo: CollectionOfOne(cut), with: &parser)
        if halves != whole { return (whole, "cut at \(cut): \(halves)") }
    }
    return (whole, nil)
}

/// The bytes of a text, one for each scalar up to U+00FF.
func latin1(_ text: String) -> [UInt8] {
    text.unicodeScalars.map { UInt8($0.value) }
}

/// A request that is right but for what is given.
func request(_ line: String = "GET / HTTP/1.1", _ fields: String...) -> String {
    ([line, "Host: h"] + fields).joined(separator: "\r\n") + "\r\n\r\n"
}
