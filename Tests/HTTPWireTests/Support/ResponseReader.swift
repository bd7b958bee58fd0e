import HTTPWire

extension WireBuffer {
    /// A copy of the readable bytes.
    var array: [UInt8] { withUnsafeReadableBytes { Array($0) } }

    /// The readable bytes, one scalar each.
    var text: String { String(String.UnicodeScalarView(array.map { UnicodeScalar($0) })) }
}

/// A response's head as a simple client reads it.
struct ReadResponse: Equatable {
    var status = 0
    var reason = ""
    var fields: [HeaderField] = []

    /// Returns nil if `text` is not exactly one head.
    init?(_ text: String) {
        guard text.hasSuffix("\r\n\r\n") else { return nil }
        var lines = text.unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false).map { String(String.UnicodeScalarView($0)) }
        guard lines.removeLast().isEmpty, lines.allSatisfy({ $0.unicodeScalars.last == "\r" }) else { return nil }
        lines = lines.map { String(String.UnicodeScalarView($0.unicodeScalars.dropLast())) }
        guard lines.removeLast().isEmpty, let statusLine = lines.first else { return nil }
        let parts = statusLine.split(separator: " ", maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3, parts[0] == "HTTP/1.1", let status = Int(parts[1]) else { return nil }
        self.status = status
        reason = String(parts[2])
        for line in lines.dropFirst() {
            guard let colon = line.firstIndex(of: ":"), line[colon...].hasPrefix(": ") else { return nil }
            fields.append(HeaderField(name: String(line[..<colon]), value: String(line[line.index(colon, offsetBy: 2)...])))
        }
    }

    subscript(name: String) -> [String] { fields.filter { $0.name == name }.map(\.value) }
}
