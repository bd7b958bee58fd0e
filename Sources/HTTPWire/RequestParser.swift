/// Parses the heads of HTTP/1.1 and HTTP/1.0 requests.
///
/// It is a security boundary: what a proxy in front and the application behind could read differently is refused, and the connection must be
/// closed then. What is decided where the standards leave a choice, or where others are known to differ:
///
/// | Question | Answer |
/// |---|---|
/// | Empty lines before the request line | one CRLF is skipped (RFC 9112 2.2); a second is 400 |
/// | Line ends | CRLF only; a bare LF or bare CR is 400 anywhere |
/// | Method | a token (RFC 9110 9.1); more than 32 bytes is 501; CONNECT with an authority is 501, with anything else 400 |
/// | Between the parts of the line | exactly one space |
/// | Target | 0x21 to 0x7E without `#`; anything else is 400. Bytes that RFC 3986 wants encoded but clients send (`"`, `<`, `\`, `^`, `{`, `\|` …) stand for themselves |
/// | `%` in the path | two hexadecimal digits must follow, and not `00`; else 400. In the query nothing is looked at |
/// | Target forms | origin; absolute with http or https, a valid non-empty authority without user information, and the same `Host` (any case); `*` for OPTIONS. Else 400 |
/// | Version | `HTTP/1.0` and `HTTP/1.1` exactly; 1.2 to 1.9 count as 1.1 (RFC 9110 2.5); another major version is 505, also `PRI * HTTP/2.0`; anything else (`http/1.1`, `HTTP/1`, `HTTP/1.10`) is 400 |
/// | White space at the start of a field line | 400 (obsolete folding, RFC 9112 5.2), also before the first field |
/// | White space before the colon, empty name, name that is no token | 400 |
/// | Values | bytes 0x20 to 0x7E, tab and 0x80 to 0xFF; NUL and other controls are 400. White space around is dropped |
/// | Host | exactly one on HTTP/1.1, at most one on 1.0; `HostSyntax`; empty or more than one is 400 |
/// | Content-Length | one field of 1 to 19 digits that fits 63 bits; a list, a second field even with the same value, a sign, or nothing is 400 |
/// | Transfer-Encoding | exactly one field with `chunked` in any case. With Content-Length, on HTTP/1.0, a second field, an empty element, a parameter, quotes, `chunked` twice or not last: 400. Any other coding, `identity` too: 501 |
/// | Tab beside the value of Content-Length or Transfer-Encoding | 400: some take it for a part of the value |
/// | Neither of the two | no body (RFC 9112 6.3) |
/// | Expect | `100-continue` in any case, also more than once; else 417. Not looked at on HTTP/1.0; means nothing without a body |
/// | Connection | a list over all fields; `close` wins over `keep-alive`; unknown options and empty elements mean nothing |
/// | Underscore in a name (`X_Real_IP`, which CGI variables can't tell from `X-Real-IP`), second Content-Type or Authorization | left out, or 400: `HeaderMap` |
/// | Upgrade | only told of if `Connection` names it, and not on HTTP/1.0 |
/// | Sizes | `RequestLimits`: 414 and 431, as soon as it is certain, also for a line that never ends |
///
/// Decisions fall in the order of the bytes, so that the outcome does not depend on how they were cut into pieces.
public struct RequestParser: Sendable {
    /// What has become of the bytes so far.
    public enum Outcome: Sendable {
        /// All right so far; the head goes on.
        case needMore
        /// The head is complete; it is the first `length` bytes. Its body, or the next request, begins there.
        case complete(RequestHead, length: Int)
        /// The request must be refused, and the connection closed.
        case rejected(RequestRejection)
    }

    public let limits: RequestLimits
    public let headerMap: HeaderMap
    /// Offsets have 16 bits, so nothing can be larger than they can say.
    private let headSize, lineSize, fieldSize: Int
    /// Where the first line that was not yet parsed begins.
    private var position = 0
    private var hasRequestLine = false
    private var line = RequestLine()
    private var facts = MessageFacts(isHTTP11: true, authority: 0..<0)
    /// The fields found so far are the first `fieldCount` of these; those behind are left from heads before, so that their memory is used again.
    private var entries: [FieldEntry] = []
    private var fieldCount = 0
    private var droppedCount = 0

    public init(limits: RequestLimits = RequestLimits(), headerMap: HeaderMap = .drop) {
        self.limits = limits
        self.headerMap = headerMap
        headSize = min(limits.headSize, 65535)
        lineSize = min(limits.requestLine, 65535)
        fieldSize = min(limits.fieldSize, 65535)
    }

    /// Parses what there is of a head.
    ///
    /// Lines that were parsed in an earlier call are not looked at again. After `complete` or `rejected`, call `reset()` before the next head.
    /// - Parameter bytes: everything received since the first byte of this head; in a further call the same bytes and more.
    public mutating func parse(_ bytes: Span<UInt8>) -> Outcome {
        do throws(Fault) {
            guard try parseLines(bytes.bytes) else { return .needMore }
            return .complete(try makeHead(bytes), length: position)
        } catch {
            return .rejected(error.rejection)
        }
    }

    /// Forgets the head, so that another one can be parsed. It keeps the memory in which fields are noted.
    public mutating func reset() {
        guard position != 0 || hasRequestLine else { return }
        position = 0
        hasRequestLine = false
        fieldCount = 0
        droppedCount = 0
    }

    /// Parses lines until the head is complete, which it returns.
    private mutating func parseLines(_ bytes: RawSpan) throws(Fault) -> Bool {
        if !hasRequestLine {
            guard try skipEmptyLine(bytes) else { return false }
            let end = end(of: bytes, lineLimit: lineSize)
            guard let next = try line.parse(bytes, from: position, to: end) else {
                return try needMore(bytes, lineLimit: lineSize, fault: Fault(status: 414, reason: "the request line is too long"))
            }
            position = next
            hasRequestLine = true
            facts = MessageFacts(isHTTP11: line.isHTTP11, authority: line.authority)
        }
        while true {
            let end = end(of: bytes, lineLimit: fieldSize)
            switch try FieldLine.parse(bytes, from: position, to: end) {
            case .field(let entry, let next, let hasUnderscore):
                guard fieldCount &+ droppedCount < limits.fieldCount else { throw .tooLarge("there are too many header fields") }
                let isSecond = try facts.note(entry, in: bytes)
                if hasUnderscore || isSecond {
                    try drop(hasUnderscore: hasUnderscore)
                } else {
                    if fieldCount < entries.count {
                        entries[fieldCount] = entry
                    } else {
                        entries.append(entry)
                    }
                    fieldCount &+= 1
                }
                position = next
            case .blank(let next):
                position = next
                return true
            case .incomplete:
                return try needMore(bytes, lineLimit: fieldSize, fault: .tooLarge("a header field is too long"))
            }
        }
    }

    /// Leaves a field out that an application could take for another one, or refuses the request for it.
    @inline(never)
    private mutating func drop(hasUnderscore: Bool) throws(Fault) {
        guard headerMap == .drop else {
            throw .malformed(
                hasUnderscore
                    ? "the name of a field holds an underscore (header_map = refuse)"
                    : "there is more than one Content-Type or Authorization (header_map = refuse)"
            )
        }
        droppedCount &+= 1
    }

    /// Skips one CRLF before the request line; returns false if there is no other byte yet.
    @inline(__always)
    private mutating func skipEmptyLine(_ bytes: RawSpan) throws(Fault) -> Bool {
        guard position < bytes.byteCount else { return false }
        if position == 0, bytes.byte(at: 0) == 0x0D {
            guard bytes.byteCount > 1 else { return false }
            guard bytes.byte(at: 1) == 0x0A else { throw .malformed("a CR has no LF behind it") }
            position = 2
            guard bytes.byteCount > 2 else { return false }
        }
        return true
    }

    /// Up to where the line at `position` may be looked at.
    @inline(__always)
    private func end(of bytes: RawSpan, lineLimit: Int) -> Int {
        min(bytes.byteCount, min(position &+ lineLimit &+ 2, headSize))
    }

    /// Returns false, or throws if the line at `position`, which is not complete, can't become so within its limits.
    @inline(never)
    private func needMore(_ bytes: RawSpan, lineLimit: Int, fault: Fault) throws(Fault) -> Bool {
        let endOfLine = position &+ lineLimit &+ 2
        guard bytes.byteCount >= min(endOfLine, headSize) else { return false }
        // The limit that comes first decides, so that it does not matter how much there is beyond it.
        throw endOfLine <= headSize ? fault : .tooLarge("the head is too large")
    }

    /// Makes the head of what was parsed, when all of it was.
    @inline(__always)
    private func makeHead(_ bytes: Span<UInt8>) throws(Fault) -> RequestHead {
        guard !line.isHTTP11 || !facts.host.isEmpty else { throw .malformed("an HTTP/1.1 request has no Host") }
        let framing: RequestHead.Framing =
            facts.isChunked ? .chunked : facts.contentLength > 0 ? .length(facts.contentLength) : .none
        var flags: RequestHead.Flags = []
        if line.isHTTP11 { flags.insert(.http11) }
        if !facts.closes, line.isHTTP11 || facts.keepsAlive { flags.insert(.keepAlive) }
        if facts.expectsContinue, framing != .none { flags.insert(.expectsContinue) }
        if line.isHead { flags.insert(.isHead) }
        if line.isHTTP11, facts.wantsUpgrade { flags.insert(.wantsUpgrade) }
        if line.pathIsEscaped { flags.insert(.pathIsEscaped) }
        if facts.namesRequest { flags.insert(.namesRequest) }
        if facts.isForwarded { flags.insert(.isForwarded) }
        if facts.tellsStart { flags.insert(.tellsStart) }
        if facts.takesTrailers { flags.insert(.takesTrailers) }
        if droppedCount > 0 { flags.insert(.hasDroppedFields) }
        return RequestHead(
            block: FieldBlock(head: bytes, length: position, entries: entries, count: fieldCount),
            line: line,
            host: line.form == .absolute ? line.authority : facts.host,
            flags: flags,
            framing: framing
        )
    }
}
