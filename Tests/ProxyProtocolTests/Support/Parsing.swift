import ProxyProtocol

typealias Outcome = ProxyHeaderParser.Outcome

extension Outcome {
    var header: ProxyHeader? {
        if case .header(let header, _) = self { header } else { nil }
    }

    var length: Int? {
        if case .header(_, let length) = self { length } else { nil }
    }

    var error: MalformedProxyHeader? {
        if case .malformed(let error) = self { error } else { nil }
    }
}

/// Parses bytes that arrive all at once.
func parse(_ bytes: some Sequence<UInt8>, maximumLength: Int = 4096) -> Outcome {
    var parser = ProxyHeaderParser(maximumLength: maximumLength)
    let bytes = Array(bytes)
    return parser.parse(bytes.span)
}

func parse(_ text: String) -> Outcome {
    parse(Bytes(text).bytes)
}

/// Parses bytes that arrive in pieces, which end at `ends` and at their end.
func parse(_ bytes: [UInt8], arrivingUpTo ends: some Sequence<Int>, maximumLength: Int = 4096) -> Outcome {
    var parser = ProxyHeaderParser(maximumLength: maximumLength)
    for end in ends {
        let piece = Array(bytes[..<end])
        let outcome = parser.parse(piece.span)
        if outcome != .needMore { return outcome }
    }
    return parser.parse(bytes.span)
}

/// Parses bytes whole, byte by byte, and cut in two at every place; returns the outcome, and the first way that led to another one.
func parseEveryWay(_ bytes: [UInt8], maximumLength: Int = 4096) -> (Outcome, different: String?) {
    let whole = parse(bytes, maximumLength: maximumLength)
    let single = parse(bytes, arrivingUpTo: bytes.indices, maximumLength: maximumLength)
    if single != whole { return (whole, "byte by byte: \(single)") }
    for cut in bytes.indices {
        let halves = parse(bytes, arrivingUpTo: CollectionOfOne(cut), maximumLength: maximumLength)
        if halves != whole { return (whole, "cut at \(cut): \(halves)") }
    }
    return (whole, nil)
}
