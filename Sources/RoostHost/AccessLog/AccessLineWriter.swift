internal import Glibc
internal import HTTPWire
internal import Roost

/// Writes lines of one format.
///
/// What is not known is `-`. Whatever a client sends, a line stays one line with the same number of fields: in all that comes from outside,
/// quotation marks, backslashes and every byte that is not printable ASCII are escaped, and spaces too where no quotation marks stand around.
struct AccessLineWriter {
    let format: AccessLogFormat
    /// The number of this worker; nil in a process without a supervisor.
    let worker: Int?
    private var time = AccessLogTime()
    private var json = AccessJSON()
    private let process = "<\(getpid())>"

    init(_ format: AccessLogFormat, worker: Int?) {
        self.format = format
        self.worker = worker
    }

    /// Appends a line with its line feed. The time in it is that of this call.
    mutating func write(_ entry: borrowing AccessEntry, to buffer: inout WireBuffer) {
        if format.isJSON {
            json.write(entry, worker: worker, to: &buffer)
        } else {
            // One reference for all parts.
            let head = entry.head
            for index in format.parts.indices {
                switch format.parts[index] {
                case .literal(let range): buffer.append(format.literals.span.extracting(range))
                case .atom(let atom, let isQuoted): write(atom, Escape(escaping: format.escaping, isQuoted: isQuoted), entry, head, &buffer)
                }
            }
        }
        buffer.append("\n")
    }

    private mutating func write(_ atom: AccessAtom, _ escape: Escape, _ entry: borrowing AccessEntry, _ head: borrowing RequestHead, _ buffer: inout WireBuffer) {
        switch atom {
        case .client: buffer.append(text: entry.client?.host, escape)
        case .clientPort: buffer.append(number: entry.client?.port.flatMap { $0 > 0 ? $0 : nil })
        case .user:
            let user = head.user ?? []
            buffer.append(escaping: user.span, escape)
        case .nothing: buffer.append("-")
        case .time: buffer.append(time.bytes(Glibc.time(nil)))
        case .requestLine: writeLine(head, hasQuery: false, escape, &buffer)
        case .fullRequestLine: writeLine(head, hasQuery: true, escape, &buffer)
        case .method: buffer.append(escaping: head.bytes.span.extracting(head.methodRange), escape)
        case .path: head.withRawPath { buffer.append(escaping: $0, escape) }
        case .target: writeTarget(head, escape, &buffer)
        case .query: buffer.append(escaping: head.bytes.span.extracting(head.queryStringRange), escape)
        case .httpVersion: buffer.append(head.version.name)
        case .scheme: buffer.append(entry.isHTTPS ? "https" : "http")
        case .status: buffer.append(number: entry.status > 0 ? entry.status : nil)
        case .reason:
            let reason = ReasonPhrase.text(for: entry.status)
            buffer.append(reason.utf8CodeUnitCount > 0 ? reason : "-")
        case .bytesOrDash: buffer.append(number: entry.bodyBytes > 0 ? entry.bodyBytes : nil)
        case .bytes: buffer.append(decimal: entry.bodyBytes)
        case .seconds: buffer.append(decimal: entry.microseconds / 1_000_000)
        case .milliseconds: buffer.append(decimal: entry.microseconds / 1000)
        case .microseconds: buffer.append(decimal: entry.microseconds)
        case .decimalSeconds: buffer.append(decimalSeconds: entry.microseconds)
        case .process: buffer.append(process.utf8.span)
        case .completion: buffer.append(entry.isComplete ? "+" : "X")
        case .requestID: buffer.append(entry.requestID)
        case .traceID: buffer.append(text: entry.traceID, escape)
        case .worker: buffer.append(number: worker)
        case .bind: buffer.append(text: entry.bind, escape)
        case .referer: head.withValue(of: "referer") { buffer.append(escaping: $0, escape) }
        case .userAgent: head.withValue(of: "user-agent") { buffer.append(escaping: $0, escape) }
        case .requestField(let place): head.withValue(of: format.fieldNames[place]) { buffer.append(escaping: $0, escape) }
        case .responseField(let place):
            let value = entry.responseField(format.fieldNames[place])
            buffer.append(escaping: value.span, escape)
        }
    }

    private func writeLine(_ head: borrowing RequestHead, hasQuery: Bool, _ escape: Escape, _ buffer: inout WireBuffer) {
        buffer.append(escaping: head.bytes.span.extracting(head.methodRange), escape)
        buffer.append(" ")
        if hasQuery { writeTarget(head, escape, &buffer) } else { head.withRawPath { buffer.append(escaping: $0, escape) } }
        buffer.append(" ")
        buffer.append(head.version.name)
    }

    private func writeTarget(_ head: borrowing RequestHead, _ escape: Escape, _ buffer: inout WireBuffer) {
        head.withRawPath { buffer.append(escaping: $0, escape) }
        let query = head.queryStringRange
        guard !query.isEmpty else { return }
        buffer.append("?")
        buffer.append(escaping: head.bytes.span.extracting(query), escape)
    }

    /// How a value is made harmless where it stands.
    struct Escape {
        let escaping: AccessLogFormat.Escaping
        let isQuoted: Bool
    }
}

extension WireBuffer {
    fileprivate mutating func append(number: Int?) {
        if let number { append(decimal: number) } else { append("-") }
    }

    /// `0.000412`: seconds with six decimal places.
    fileprivate mutating func append(decimalSeconds microseconds: Int) {
        append(decimal: microseconds / 1_000_000)
        append(".")
        var divisor = 100_000
        while divisor > 0 {
            append(UInt8(truncatingIfNeeded: microseconds / divisor % 10) | 0x30)
            divisor /= 10
        }
    }

    fileprivate mutating func append(text: String?, _ escape: AccessLineWriter.Escape) {
        guard let text else { return append("-") }
        append(escaping: text.utf8.span, escape)
    }

    /// Appends what came from outside; `-` if it is empty.
    mutating func append(escaping value: Span<UInt8>, _ escape: AccessLineWriter.Escape) {
        guard !value.isEmpty else { return append("-") }
        if value.bytes.isPlainInQuotes, escape.isQuoted || value.bytes.hasNoSpace { return append(value) }
        switch escape.escaping {
        case .json: append(jsonCharacters: value)
        case .hexadecimal:
            for index in value.indices {
                let byte = value[index]
                // The bytes of a value stand for themselves, so an escape shows what was sent.
                if byte &- 0x20 >= 0x5F || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") || byte == 0x20 && !escape.isQuoted {
                    append("\\x")
                    for digit in [byte >> 4, byte & 15] { append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "A") + digit - 10) }
                } else {
                    append(byte)
                }
            }
        }
    }
}
