/// What the fields of a response say about its framing and the connection, gathered field by field.
struct ResponseFacts {
    private(set) var contentLength: Int?
    /// Whether `connection` has the option `close`.
    private(set) var closes = false
    private(set) var hasDate = false
    private(set) var hasServer = false
    private(set) var hasRequestID = false

    /// Takes note of a field, whose name must be a token; returns whether it must not be sent as it is.
    @inline(__always)
    mutating func note(_ name: RawSpan, _ value: Span<UInt8>) throws(InvalidResponseHead) -> Bool {
        switch KnownField(name, at: 0, length: name.byteCount) {
        case .other, .authorization, .contentType, .expect, .forwardedFor, .host, .requestStart, .te, .trailer, .traceParent:
            return false
        case .date:
            hasDate = true
            return false
        case .server:
            hasServer = true
            return false
        case .requestID:
            hasRequestID = true
            return false
        case .keepAlive, .proxyConnection, .transferEncoding, .upgrade:
            return true
        case .connection:
            noteConnection(value.bytes)
            return true
        case .contentLength:
            try noteContentLength(value)
            return true
        }
    }

    /// How the end of the body is to be found, and the length that is announced, if there is one.
    func framing(status: Int, bodyLength: Int?, context: ResponseContext) throws(InvalidResponseHead) -> (ResponseFraming, announced: Int?) {
        if status == 204 { return (.none, nil) }
        if status == 205 { return (.none, 0) }
        if status == 304 { return (.none, contentLength) }
        if context.isHead { return (.none, contentLength ?? bodyLength.flatMap { $0 > 0 ? $0 : nil }) }
        if let length = contentLength ?? bodyLength {
            if let bodyLength, bodyLength != length {
                throw InvalidResponseHead(reason: "the response announces a content-length of \(length), but its body has \(bodyLength) bytes")
            }
            return (.length(length), length)
        }
        return (context.requestVersion == .http10 ? .untilClose : .chunked, nil)
    }

    private mutating func noteConnection(_ value: RawSpan) {
        var start = 0
        for end in 0...value.byteCount where end == value.byteCount || value.byte(at: end) == 0x2C {
            if value.equals("close", in: value.trimmingWhitespace(start..<end)) { closes = true }
            start = end + 1
        }
    }

    private mutating func noteContentLength(_ value: Span<UInt8>) throws(InvalidResponseHead) {
        var length = 0
        var isNumber = !value.isEmpty && value.count <= 18
        if isNumber {
            for index in value.indices {
                guard value[index].isDecimalDigit else {
                    isNumber = false
                    break
                }
                length = length &* 10 &+ Int(value[index] & 0x0F)
            }
        }
        guard isNumber else {
            throw InvalidResponseHead(reason: "the header field content-length is not a number of up to 18 digits")
        }
        if let contentLength, contentLength != length {
            throw InvalidResponseHead(reason: "the response announces two lengths, \(contentLength) and \(length)")
        }
        contentLength = length
    }
}

extension InvalidResponseHead {
    @inline(never)
    static func controlCharacter(in name: Span<UInt8>) -> InvalidResponseHead {
        InvalidResponseHead(reason: "the value of the header field \(name.text) holds a control character; a field has no line breaks")
    }

    @inline(never)
    static func badName(_ name: Span<UInt8>) -> InvalidResponseHead {
        InvalidResponseHead(
            reason: "\"\(name.text)\" can't be the name of a header field: a name is made of letters, digits and some signs, without spaces"
        )
    }
}

extension Span<UInt8> {
    /// The bytes as a string fit for a line of a log: at most 100, and nothing but printable ASCII.
    var text: String {
        var text: [UInt8] = []
        for index in indices.prefix(100) { text.append((0x20..<0x7F).contains(self[index]) ? self[index] : 0x3F) }
        return String(decoding: text, as: UTF8.self)
    }
}
