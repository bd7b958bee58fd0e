internal import HTTPWire
internal import Roost

extension RequestHead {
    /// Calls `body` with the values of the fields of this name, in lower case; several are joined by `, ` as one list (RFC 9110 section 5.3). Without one
    /// they are empty.
    func withValue(of name: String, _ body: (Span<UInt8>) -> Void) {
        guard let first = firstIndex(ofField: name) else { return body([UInt8]().span) }
        guard var next = firstIndex(ofField: name, from: first + 1) else { return body(bytes.span.extracting(fieldValueRange(at: first))) }
        var value = Array(bytes[fieldValueRange(at: first)])
        while true {
            value += Array(", ".utf8) + bytes[fieldValueRange(at: next)]
            guard let index = firstIndex(ofField: name, from: next + 1) else { break }
            next = index
        }
        body(value.span)
    }

    /// Calls `body` with the target's path as it came.
    func withRawPath(_ body: (Span<UInt8>) -> Void) {
        let range = rawPathRange
        range.isEmpty ? body("/".utf8.span) : body(bytes.span.extracting(range))
    }

    /// The user that the request names by the Basic scheme; nil without one.
    var user: [UInt8]? {
        firstIndex(ofField: "authorization").flatMap { BasicCredentials.user(bytes[fieldValueRange(at: $0)]) }
    }
}

/// What lines are made of, as bytes.
extension AccessEntry {
    /// The same of the response, as it was sent.
    func responseField(_ name: String) -> ArraySlice<UInt8> {
        var value: ArraySlice<UInt8> = []
        for line in responseHead.split(separator: UInt8(ascii: "\n")).dropFirst() {
            guard let colon = line.firstIndex(of: UInt8(ascii: ":")), line[..<colon].elementsEqual(name.utf8, by: { Self.lowercase($0) == $1 }) else { continue }
            let rest = line[line.index(after: colon)...].drop { $0 == UInt8(ascii: " ") }
            if !value.isEmpty { value += Array(", ".utf8) }
            value += rest.last == UInt8(ascii: "\r") ? rest.dropLast() : rest
        }
        return value
    }

    private static func lowercase(_ byte: UInt8) -> UInt8 { byte &- 0x41 < 26 ? byte | 0x20 : byte }

    var microseconds: Int {
        let (seconds, attoseconds) = max(duration, .zero).components
        return Int(clamping: seconds.multipliedReportingOverflow(by: 1_000_000).partialValue &+ attoseconds / 1_000_000_000_000)
    }
}
