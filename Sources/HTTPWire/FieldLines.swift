/// The fields of a message for protocols that compress them (HTTP/2, RFC 9113 section 8.2), one behind the other: the same rules as
/// `WireBuffer.appendResponseHead` has, without HTTP/1's fields for the framing and the connection. Names are in lower case.
///
/// One value serves message after message, so that its storage is made once.
public struct FieldLines: ~Copyable {
    /// Where a field's name and value end within the bytes.
    fileprivate struct End {
        var start: Int
        var name: Int
        var value: Int
        var isUnique: Bool
    }

    /// One field, as long as its fields are.
    public struct UnsafeLine {
        /// The name, in lower case.
        public var name: UnsafeRawBufferPointer
        /// The value, without white space about it.
        public var value: UnsafeRawBufferPointer
        /// Whether no other message has this value: there is no use in remembering it.
        public var isUnique: Bool
    }

    private var bytes = WireBuffer()
    private var ends: [End] = []

    /// No fields.
    public init() {}

    /// The number of fields.
    public var count: Int { ends.count }

    /// Replaces the fields by those of a response's head, `:status` first.
    ///
    /// - Parameters:
    ///   - status: 200 to 999.
    ///   - bodyLength: the length of the whole body in bytes; nil if more of it follows than is known.
    ///   - date, server, requestID: values of the server's own fields; nil to send none.
    /// - Throws: `InvalidResponseHead`.
    /// - Returns: the number of bytes that the body has to have, `.chunked` if nothing was announced; and whether the application wants the
    ///   connection to end (`connection: close`).
    public mutating func set(
        status: Int, headers: Headers, bodyLength: Int?, isHead: Bool, date: HTTPDate?, server: StaticString?, requestID: RequestID?
    ) throws(InvalidResponseHead) -> (framing: ResponseFraming, closes: Bool) {
        guard (200...999).contains(status) else { throw InvalidResponseHead(reason: "the status of a response is 200 to 999, not \(status)") }
        begin(status: status)
        var facts = ResponseFacts()
        try append(headers, &facts)
        let (framing, announced) = try facts.framing(
            status: status, bodyLength: bodyLength, context: ResponseContext(requestVersion: .http2, isHead: isHead, keepAlive: true)
        )
        if let announced {
            beginValue(of: "content-length")
            bytes.append(decimal: announced)
            endValue()
        }
        if let date, !facts.hasDate {
            beginValue(of: "date")
            bytes.append(date)
            endValue()
        }
        if let server, !facts.hasServer {
            beginValue(of: "server")
            bytes.append(server)
            endValue()
        }
        if let requestID, !facts.hasRequestID {
            beginValue(of: "x-request-id")
            bytes.append(requestID)
            endValue(isUnique: true)
        }
        return (framing, facts.closes)
    }

    /// Replaces the fields by those of an interim response, `:status` first.
    ///
    /// - Throws: `InvalidResponseHead` for a field that is none.
    public mutating func set(interim status: Int, _ headers: Headers) throws(InvalidResponseHead) {
        begin(status: status)
        var facts = ResponseFacts()
        try append(headers, &facts)
    }

    /// Replaces the fields by trailers.
    ///
    /// - Throws: `InvalidResponseHead` for a field that is none, or that means something only in a head (RFC 9110 section 6.5.1).
    public mutating func set(trailers: Headers) throws(InvalidResponseHead) {
        begin()
        for field in trailers { try WireBuffer.checkTrailer(field.name) }
        var facts = ResponseFacts()
        try append(trailers, &facts)
    }

    /// All fields, as long as the closure runs that they were given to.
    public struct UnsafeLines {
        fileprivate let bytes: UnsafeRawBufferPointer
        fileprivate let ends: [End]

        /// The number of fields.
        public var count: Int { ends.count }

        /// A field; `index` is in `0..<count`.
        public subscript(index: Int) -> UnsafeLine {
            let end = ends[index]
            return UnsafeLine(
                name: UnsafeRawBufferPointer(rebasing: bytes[end.start..<end.name]), value: UnsafeRawBufferPointer(rebasing: bytes[end.name..<end.value]),
                isUnique: end.isUnique
            )
        }
    }

    /// Calls `body` with the fields, for who hands all of them on at once. They must not be used after it has returned.
    public func withUnsafeLines<Result>(_ body: (UnsafeLines) -> Result) -> Result {
        bytes.withUnsafeReadableBytes { body(UnsafeLines(bytes: $0, ends: ends)) }
    }

    /// The head as HTTP/1.1 would write it, for logs.
    public func http1Text() -> [UInt8] {
        var text: [UInt8] = []
        withUnsafeLines { lines in
            for index in 0..<lines.count {
                let line = lines[index]
                if line.name.first == UInt8(ascii: ":") {
                    text += "HTTP/2 ".utf8
                } else {
                    text += line.name
                    text += ": ".utf8
                }
                text += line.value
                text += "\r\n".utf8
            }
        }
        return text + "\r\n".utf8
    }

    // MARK: Fields

    private mutating func begin() {
        bytes.reset(keepingCapacity: true)
        ends.removeAll(keepingCapacity: true)
    }

    private mutating func begin(status: Int) {
        begin()
        beginValue(of: ":status")
        bytes.append(decimal: status)
        endValue()
    }

    private mutating func beginValue(of name: StaticString) {
        let start = bytes.readableBytes
        bytes.append(name)
        ends.append(End(start: start, name: bytes.readableBytes, value: bytes.readableBytes, isUnique: false))
    }

    private mutating func endValue(isUnique: Bool = false) {
        ends[ends.count - 1].value = bytes.readableBytes
        ends[ends.count - 1].isUnique = isUnique
    }

    private mutating func append(_ headers: Headers, _ facts: inout ResponseFacts) throws(InvalidResponseHead) {
        switch headers.storage {
        case .list(let fields):
            let fields = fields.span
            for index in fields.indices {
                let value = fields[index].value.utf8.span
                guard try begin(fields[index].name.utf8.span, value, &facts) else { continue }
                // White space about a value makes a message malformed (RFC 9113 section 8.2.1), where HTTP/1 ignores it.
                let text = value.extracting(value.bytes.trimmingWhitespace(0..<value.count))
                if text.bytes.isPrintableASCII { bytes.append(text) } else { try bytes.appendLatin1(text, ofField: fields[index].name.utf8.span) }
                endValue()
            }
        case .block(let block):
            let storage = block.storage.span
            for index in 0..<block.count {
                let entry = block.entry(at: index)
                let (name, value) = (storage.extracting(entry.name), storage.extracting(entry.value))
                guard try begin(name, value, &facts) else { continue }
                // What an application gives as bytes is sent as these bytes.
                try WireBuffer.checkValue(value, ofField: name)
                bytes.append(value.extracting(value.bytes.trimmingWhitespace(0..<value.count)))
                endValue()
            }
        }
    }

    /// Checks a field and begins it; returns whether it is sent, and not the server's own affair.
    private mutating func begin(_ name: Span<UInt8>, _ value: Span<UInt8>, _ facts: inout ResponseFacts) throws(InvalidResponseHead) -> Bool {
        guard !name.isEmpty, name.bytes.isLettersAndDashes || name.bytes.isToken else { throw .badName(name) }
        guard try !facts.note(name.bytes, value) else { return false }
        let start = bytes.readableBytes
        for index in name.indices { bytes.append(name[index].lowercased) }
        ends.append(End(start: start, name: bytes.readableBytes, value: bytes.readableBytes, isUnique: false))
        return true
    }
}
