/// One request as one line: the Combined Log Format, then the seconds that it took, then its id.
///
/// ```
/// 203.0.113.7 - - [23/Nov/2026:08:05:43 +0000] "GET /a?b HTTP/1.1" 200 11 "-" "curl/8.5.0" 0.000412 5f0c…
/// ```
///
/// What is not known is `-`. Whatever a client sends, a line stays one line with the same number of fields: in all that comes
/// from outside, quotation marks, backslashes and every byte that is not printable ASCII are `\xHH`.
struct AccessLogLine: Sendable {
    /// The client's address, without a port.
    var client: String?
    /// As `AccessLogTime` writes it.
    var time: String
    var method: String
    /// The path and, behind `?`, the query.
    var target: String
    /// `1.1`, for instance.
    var httpVersion: String
    /// Nil if no response was sent.
    var status: Int?
    /// The bytes of the response's body.
    var bodyBytes: Int
    var referer: String?
    var userAgent: String?
    /// How long the request took.
    var duration: Duration
    var requestID: String?

    /// The line in ASCII, with the line feed at its end.
    var bytes: [UInt8] {
        var line: [UInt8] = []
        line.reserveCapacity(256)
        line.append(bare: client)
        line += " - - [".utf8
        line += time.utf8
        line += "] \"".utf8
        line.append(escaping: method)
        line.append(UInt8(ascii: " "))
        line.append(escaping: target)
        line += " HTTP/".utf8
        line.append(escaping: httpVersion)
        line += "\" ".utf8
        line += (status.map { "\($0)" } ?? "-").utf8
        line += " \(bodyBytes) \"".utf8
        line.append(quoted: referer)
        line += "\" \"".utf8
        line.append(quoted: userAgent)
        line += "\" ".utf8
        line += Self.seconds(duration).utf8
        line.append(UInt8(ascii: " "))
        line.append(bare: requestID)
        line.append(UInt8(ascii: "\n"))
        return line
    }

    /// `0.000412`: seconds with six decimal places, the rest cut off.
    static func seconds(_ duration: Duration) -> String {
        let (seconds, attoseconds) = max(duration, .zero).components
        let microseconds = String(attoseconds / 1_000_000_000_000)
        return "\(seconds).\(String(repeating: "0", count: max(0, 6 - microseconds.utf8.count)))\(microseconds)"
    }
}

extension [UInt8] {
    /// A field without quotation marks, which must not hold a space either.
    fileprivate mutating func append(bare text: String?) {
        append(text, escapingFrom: 0x21)
    }

    /// A field whose quotation marks the caller writes.
    fileprivate mutating func append(quoted text: String?) {
        append(text, escapingFrom: 0x20)
    }

    fileprivate mutating func append(escaping text: String) {
        for scalar in text.unicodeScalars { append(scalar, escapingFrom: 0x20) }
    }

    private mutating func append(_ text: String?, escapingFrom lowest: UInt8) {
        guard let text, !text.isEmpty else { return append(UInt8(ascii: "-")) }
        for scalar in text.unicodeScalars { append(scalar, escapingFrom: lowest) }
    }

    private mutating func append(_ scalar: Unicode.Scalar, escapingFrom lowest: UInt8) {
        guard let byte = UInt8(exactly: scalar.value) else {
            for byte in String(scalar).utf8 { append(escape: byte) }
            return
        }
        // The scalars of a field's value stand for one byte each (ISO 8859-1), so an escape shows what was sent.
        if byte < lowest || byte >= 0x7F || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") {
            append(escape: byte)
        } else {
            append(byte)
        }
    }

    private mutating func append(escape byte: UInt8) {
        self += "\\x".utf8
        for digit in [byte >> 4, byte & 15] { append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "A") + digit - 10) }
    }
}
