/// Where a value that a proxy has told is in the head.
struct ToldValue {
    /// The value as it came, without quotes.
    let range: Range<Int>
    /// Whether a `\` stands before bytes that mean themselves.
    var isEscaped = false

    /// Parses the value itself.
    func parse<Value>(_ bytes: Span<UInt8>, _ parse: (Span<UInt8>) -> Value?) -> Value? {
        guard isEscaped else { return parse(bytes.extracting(range)) }
        var value: [UInt8] = []
        var isBehindBackslash = false
        for offset in range {
            isBehindBackslash = !isBehindBackslash && bytes[offset] == UInt8(ascii: "\\")
            if !isBehindBackslash { value.append(bytes[offset]) }
        }
        return parse(value.span)
    }
}
