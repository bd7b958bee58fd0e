extension WireBuffer {
    /// Appends the head of a final response, framed for the request that it answers.
    ///
    /// Field names are written as they are given. These fields of the application are treated in a way of their own:
    ///
    /// | Field | What becomes of it |
    /// |---|---|
    /// | `content-length` | Must be digits; several must agree, and are sent once. Must agree with `bodyLength` if that is known. Dropped on 204, which has no body; sent as 0 on 205 |
    /// | `transfer-encoding`, `keep-alive`, `proxy-connection`, `upgrade` | Dropped: the framing and the connection are the server's |
    /// | `connection` | Dropped; an option `close` in it closes the connection after the response |
    /// | `date`, `server`, `x-request-id` | Sent instead of the server's own |
    ///
    /// | Body | Framing |
    /// |---|---|
    /// | To HEAD | None. `content-length` is the application's, else `bodyLength` if that is more than 0 |
    /// | 204, 205, 304 | None, and no `content-length` but the application's on 304 and 0 on 205 |
    /// | Length known, by `content-length` or `bodyLength` | That many bytes |
    /// | Not known, HTTP/1.1 | Chunked |
    /// | Not known, HTTP/1.0 | Until the connection is closed |
    ///
    /// `connection: close` is added when the connection ends with the response, `connection: keep-alive` when an HTTP/1.0 client may go on.
    /// - Parameters:
    ///   - status: 200 to 999. Interim responses (1xx) are none that end an exchange.
    ///   - bodyLength: the length of the whole body in bytes; nil if more of it follows than is known.
    ///   - date: the value of `date`; nil to send none.
    ///   - server: the value of `server`; nil to send none.
    ///   - requestID: the value of `x-request-id`; nil to send none.
    /// - Throws: `InvalidResponseHead`; the buffer then holds what it held before.
    /// - Returns: what the head has promised about the body and the connection.
    public mutating func appendResponseHead(
        status: Int,
        headers: Headers,
        bodyLength: Int?,
        context: ResponseContext,
        date: HTTPDate?,
        server: StaticString?,
        requestID: RequestID? = nil
    ) throws(InvalidResponseHead) -> EncodedHead {
        let before = readableBytes
        do throws(InvalidResponseHead) {
            try appendStatusLine(status)
            var facts = ResponseFacts()
            switch headers.storage {
            case .list(let fields):
                let fields = fields.span
                for index in fields.indices {
                    try appendField(fields[index].name.utf8.span, fields[index].value.utf8.span, &facts)
                }
            case .block(let block):
                try appendFields(of: block, &facts)
            }
            let head = try appendFraming(status: status, bodyLength: bodyLength, context: context, facts: facts)
            appendEnd(date: date, server: server, requestID: requestID, besides: facts)
            return head
        } catch {
            truncate(to: before)
            throw error
        }
    }

    /// Ends a head with the fields of the server's own that the application has not set; nil values are left out.
    @inline(__always)
    mutating func appendEnd(date: HTTPDate?, server: StaticString?, requestID: RequestID?, besides facts: ResponseFacts) {
        if let date, !facts.hasDate {
            append("date: ")
            append(date)
            append("\r\n")
        }
        if let server, !facts.hasServer {
            append("server: ")
            append(server)
            append("\r\n")
        }
        if let requestID, !facts.hasRequestID {
            append("x-request-id: ")
            append(requestID)
            append("\r\n")
        }
        append("\r\n")
    }

    private mutating func appendStatusLine(_ status: Int) throws(InvalidResponseHead) {
        if status == 200 { return append("HTTP/1.1 200 OK\r\n") }
        guard (200...999).contains(status) else {
            throw InvalidResponseHead(reason: "the status of a response is 200 to 999, not \(status)")
        }
        append("HTTP/1.1 ")
        append(decimal: status)
        append(" ")
        append(ReasonPhrase.text(for: status))
        append("\r\n")
    }

    /// Appends one field of the application, or only takes note of it.
    @inline(__always)
    mutating func appendField(
        _ name: Span<UInt8>, _ value: Span<UInt8>, _ facts: inout ResponseFacts
    ) throws(InvalidResponseHead) {
        let nameBytes = name.bytes
        guard !name.isEmpty, nameBytes.isLettersAndDashes || nameBytes.isToken else { throw .badName(name) }
        guard try !facts.note(nameBytes, value) else { return }
        if value.bytes.isPrintableASCII {
            appendField(name, value)
        } else {
            try appendUnusualField(name, value)
        }
    }

    /// Appends the fields of a block, whose values are bytes already.
    private mutating func appendFields(of block: FieldBlock, _ facts: inout ResponseFacts) throws(InvalidResponseHead) {
        let bytes = block.storage.span
        for index in 0..<block.count {
            let entry = block.entry(at: index)
            let name = bytes.extracting(entry.name)
            let value = bytes.extracting(entry.value)
            guard !name.isEmpty, name.bytes.isLettersAndDashes || name.bytes.isToken else { throw .badName(name) }
            guard try !facts.note(name.bytes, value) else { continue }
            try Self.checkValue(value, ofField: name)
            appendField(name, value)
        }
    }

    /// Throws unless the bytes can stand in a line.
    @inline(__always)
    static func checkValue(_ value: Span<UInt8>, ofField name: Span<UInt8>) throws(InvalidResponseHead) {
        guard !value.bytes.isPrintableASCII else { return }
        for offset in value.indices where value[offset] < 0x20 && value[offset] != 0x09 || value[offset] == 0x7F { throw .controlCharacter(in: name) }
    }

    /// Appends a field whose value is not only plain ASCII.
    @inline(never)
    private mutating func appendUnusualField(_ name: Span<UInt8>, _ value: Span<UInt8>) throws(InvalidResponseHead) {
        append(name)
        append(": ")
        try appendLatin1(value, ofField: name)
        append("\r\n")
    }

    /// Appends a value that is not only plain ASCII; UTF-8's two bytes of U+0080 to U+00FF become the one of ISO 8859-1.
    @inline(never)
    mutating func appendLatin1(_ value: Span<UInt8>, ofField name: Span<UInt8>) throws(InvalidResponseHead) {
        var offset = 0
        while offset < value.count {
            let byte = value[offset]
            if byte < 0x80 {
                guard byte == 0x09 || (byte >= 0x20 && byte != 0x7F) else { throw .controlCharacter(in: name) }
                append(byte)
                offset += 1
            } else {
                guard byte & 0xFC == 0xC0, offset + 1 < value.count else {
                    throw InvalidResponseHead(
                        reason: "the value of the header field \(name.text) holds a character above U+00FF; encode it, as in RFC 8187"
                    )
                }
                append(byte << 6 | value[offset + 1] & 0x3F)
                offset += 2
            }
        }
    }

    /// Decides the framing, and appends the fields that tell of it and of the connection.
    private mutating func appendFraming(
        status: Int, bodyLength: Int?, context: ResponseContext, facts: ResponseFacts
    ) throws(InvalidResponseHead) -> EncodedHead {
        let (framing, announced) = try facts.framing(status: status, bodyLength: bodyLength, context: context)
        if let announced {
            append("content-length: ")
            append(decimal: announced)
            append("\r\n")
        } else if framing == .chunked {
            append("transfer-encoding: chunked\r\n")
        }
        let keepAlive = context.keepAlive && !facts.closes && framing != .untilClose
        if !keepAlive {
            append("connection: close\r\n")
        } else if context.requestVersion == .http10 {
            append("connection: keep-alive\r\n")
        }
        return EncodedHead(framing: framing, keepAlive: keepAlive)
    }
}
