internal import HTTPWire
internal import Roost

/// What lines are made of, as bytes.
extension AccessEntry {
    /// The values of the request's fields of this name, in lower case; several are joined by `, ` as one list (RFC 9110 section 5.3). Empty without one.
    func requestField(_ name: String) -> ArraySlice<UInt8> {
        let head = head
        guard let first = head.firstIndex(ofField: name) else { return [] }
        var value = head.bytes[head.fieldValueRange(at: first)]
        for index in (first + 1)..<max(first + 1, head.fieldCount) where head.bytes[head.fieldNameRange(at: index)].elementsEqual(name.utf8) {
            value += Array(", ".utf8) + head.bytes[head.fieldValueRange(at: index)]
        }
        return value
    }

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

    /// The target's path as it came.
    var rawPath: ArraySlice<UInt8> {
        let range = head.rawPathRange
        return range.isEmpty ? Self.root : head.bytes[range]
    }

    private static let root = ArraySlice("/".utf8)

    /// The user that the request names by the Basic scheme; nil without one.
    var user: [UInt8]? {
        let value = requestField("authorization")
        return value.isEmpty ? nil : BasicCredentials.user(value)
    }

    var microseconds: Int {
        let (seconds, attoseconds) = max(duration, .zero).components
        return Int(clamping: seconds.multipliedReportingOverflow(by: 1_000_000).partialValue &+ attoseconds / 1_000_000_000_000)
    }
}
