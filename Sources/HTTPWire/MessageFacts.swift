/// What the header fields of a request say about the message and the connection, gathered line by line.
struct MessageFacts: Sendable {
    /// -1 while there is no Content-Length.
    private(set) var contentLength = -1
    private(set) var isChunked = false
    /// Empty while there is no Host.
    private(set) var host = 0..<0
    private(set) var expectsContinue = false
    /// Options of Connection (RFC 9110 section 7.6.1).
    private(set) var closes = false
    private(set) var keepsAlive = false
    /// Whether there is an `x-request-id` or a `traceparent`.
    private(set) var namesRequest = false
    /// Whether there is an `x-forwarded-for`.
    private(set) var isForwarded = false
    /// Whether there is an `x-request-start`.
    private(set) var tellsStart = false
    /// Whether the client takes trailer fields: there is a `te` with `trailers`, named in `connection` or not.
    private(set) var takesTrailers = false
    /// What the request line says about how the fields are to be taken.
    private let isHTTP11: Bool
    private let authority: Range<Int>
    private var namesUpgrade = false
    private var hasUpgrade = false
    private var hasContentType = false
    private var hasAuthorization = false

    /// - Parameter authority: where the authority of a target in absolute form is; empty for another form.
    init(isHTTP11: Bool, authority: Range<Int>) {
        self.isHTTP11 = isHTTP11
        self.authority = authority
    }

    var wantsUpgrade: Bool { namesUpgrade && hasUpgrade }

    /// Takes note of a field if it is one of those that matter here; returns whether it is a second one of a kind of which applications take
    /// one, and not all of them the same.
    @inline(__always)
    mutating func note(_ entry: FieldEntry, in bytes: RawSpan) throws(Fault) -> Bool {
        switch KnownField(bytes, at: entry.nameStart, length: entry.nameLength) {
        case .host: try noteHost(entry, in: bytes)
        case .expect: try noteExpect(entry, in: bytes)
        case .upgrade: hasUpgrade = true
        case .connection: noteConnection(entry, in: bytes)
        case .contentLength: try noteContentLength(entry, in: bytes)
        case .transferEncoding: try noteTransferEncoding(entry, in: bytes)
        case .contentType:
            defer { hasContentType = true }
            return hasContentType
        case .authorization:
            defer { hasAuthorization = true }
            return hasAuthorization
        case .requestID, .traceParent: namesRequest = true
        case .forwardedFor: isForwarded = true
        case .requestStart: tellsStart = true
        case .te: noteTE(entry, in: bytes)
        case .date, .keepAlive, .other, .proxyConnection, .server, .trailer: break
        }
        return false
    }

    private mutating func noteTE(_ entry: FieldEntry, in bytes: RawSpan) {
        forEachListElement(bytes, entry.value) { coding in
            if bytes.equals("trailers", in: coding) { takesTrailers = true }
            return true
        }
    }

    @inline(__always)
    private mutating func noteHost(_ entry: FieldEntry, in bytes: RawSpan) throws(Fault) {
        guard host.isEmpty else { throw .malformed("there is more than one Host") }
        host = entry.value
        guard HostSyntax.isValid(bytes, host) else { throw .malformed("Host is not a host and a port") }
        if !authority.isEmpty, !bytes.equalIgnoringCase(host, authority) {
            throw .malformed("Host is not the authority of the target")
        }
    }

    private mutating func noteExpect(_ entry: FieldEntry, in bytes: RawSpan) throws(Fault) {
        // HTTP/1.0 has no expectations (RFC 9110 section 10.1.1).
        guard isHTTP11 else { return }
        guard bytes.equals("100-continue", in: entry.value) else {
            throw Fault(status: 417, reason: "Expect asks for something other than 100-continue")
        }
        expectsContinue = true
    }

    private mutating func noteConnection(_ entry: FieldEntry, in bytes: RawSpan) {
        forEachListElement(bytes, entry.value) { option in
            if bytes.equals("close", in: option) {
                closes = true
            } else if bytes.equals("keep-alive", in: option) {
                keepsAlive = true
            } else if bytes.equals("upgrade", in: option) {
                namesUpgrade = true
            }
            return true
        }
    }

    private mutating func noteContentLength(_ entry: FieldEntry, in bytes: RawSpan) throws(Fault) {
        guard contentLength < 0 else { throw .malformed("there is more than one Content-Length") }
        guard !isChunked else { throw .malformed("there are both Content-Length and Transfer-Encoding") }
        guard !isBesideTab(entry, in: bytes) else { throw .malformed("there is a tab beside the value of Content-Length") }
        guard (1...19).contains(entry.valueLength) else { throw .malformed("Content-Length is empty or has more than 19 digits") }
        var length = 0
        for offset in entry.value {
            let byte = bytes.byte(at: offset)
            guard byte.isDecimalDigit else { throw .malformed("Content-Length is not one number") }
            let (tens, tooManyTens) = length.multipliedReportingOverflow(by: 10)
            let (sum, tooMuch) = tens.addingReportingOverflow(Int(byte & 0x0F))
            guard !tooManyTens, !tooMuch else { throw .malformed("Content-Length is too large a number") }
            length = sum
        }
        contentLength = length
    }

    private mutating func noteTransferEncoding(_ entry: FieldEntry, in bytes: RawSpan) throws(Fault) {
        guard isHTTP11 else { throw .malformed("there is a Transfer-Encoding in HTTP/1.0") }
        guard !isChunked else { throw .malformed("there is more than one Transfer-Encoding") }
        guard contentLength < 0 else { throw .malformed("there are both Content-Length and Transfer-Encoding") }
        guard !isBesideTab(entry, in: bytes) else { throw .malformed("there is a tab beside the value of Transfer-Encoding") }
        if bytes.equals("chunked", in: entry.value) {
            isChunked = true
            return
        }
        var chunked = 0
        var endsChunked = false
        let isList = forEachListElement(bytes, entry.value) { coding in
            endsChunked = bytes.equals("chunked", in: coding)
            chunked += endsChunked ? 1 : 0
            return !coding.isEmpty && coding.allSatisfy { ByteSet.token.contains(bytes.byte(at: $0)) }
        }
        guard isList else { throw .malformed("Transfer-Encoding is not a list of codings without parameters") }
        guard chunked == 0 || (chunked == 1 && endsChunked) else { throw .malformed("Transfer-Encoding has chunked twice or not as its last") }
        throw .unsupported("Transfer-Encoding has a coding other than chunked")
    }

    /// Whether white space around the value of a field that frames the message is more than spaces: not everyone takes a tab for it.
    private func isBesideTab(_ entry: FieldEntry, in bytes: RawSpan) -> Bool {
        var offset = entry.valueStart
        while bytes.byte(at: offset - 1) == 0x20 { offset -= 1 }
        if bytes.byte(at: offset - 1) == 0x09 { return true }
        offset = entry.valueStart + entry.valueLength
        while bytes.byte(at: offset) == 0x20 { offset += 1 }
        return bytes.byte(at: offset) == 0x09
    }

    /// Calls `body` with each element of a comma-separated list, without the white space around it, until it returns false; returns whether it
    /// never did.
    @discardableResult
    private func forEachListElement(_ bytes: RawSpan, _ range: Range<Int>, _ body: (Range<Int>) -> Bool) -> Bool {
        var start = range.lowerBound
        while true {
            let end = (start..<range.upperBound).first { bytes.byte(at: $0) == 0x2C } ?? range.upperBound
            guard body(bytes.trimmingWhitespace(start..<end)) else { return false }
            guard end < range.upperBound else { return true }
            start = end + 1
        }
    }
}
