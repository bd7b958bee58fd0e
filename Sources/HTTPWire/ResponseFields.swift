/// The fields of a response for protocols that frame messages themselves (HTTP/2, RFC 9113 section 8.2): the same rules as
/// `WireBuffer.appendResponseHead` has, without HTTP/1's fields for the framing and the connection. Names are in lower case.
public struct ResponseFields: Sendable {
    public typealias Field = (name: String, value: String)

    public private(set) var fields: [Field] = []
    /// The number of bytes that the body has to have; `.chunked` if nothing was announced.
    public let framing: ResponseFraming
    /// Whether the application wants the connection to end (`connection: close`).
    public let closes: Bool

    /// The fields of a response's head.
    ///
    /// - Parameters:
    ///   - status: 200 to 999.
    ///   - bodyLength: the length of the whole body in bytes; nil if more of it follows than is known.
    ///   - date, server, requestID: values of the server's own fields; nil to send none.
    /// - Throws: `InvalidResponseHead`.
    public init(
        status: Int, headers: Headers, bodyLength: Int?, isHead: Bool, date: HTTPDate?, server: StaticString?, requestID: RequestID?
    ) throws(InvalidResponseHead) {
        guard (200...999).contains(status) else { throw InvalidResponseHead(reason: "the status of a response is 200 to 999, not \(status)") }
        var facts = ResponseFacts()
        try Self.gather(headers, into: &fields, &facts)
        let context = ResponseContext(requestVersion: .http2, isHead: isHead, keepAlive: true)
        let (framing, announced) = try facts.framing(status: status, bodyLength: bodyLength, context: context)
        self.framing = framing
        closes = facts.closes
        if let announced { fields.append(("content-length", "\(announced)")) }
        if let date, !facts.hasDate { fields.append(("date", date.description)) }
        if let server, !facts.hasServer { fields.append(("server", "\(server)")) }
        if let requestID, !facts.hasRequestID { fields.append(("x-request-id", requestID.description)) }
    }

    /// The fields of an interim response, or of trailers.
    ///
    /// - Throws: `InvalidResponseHead`; among trailers also for a field that means something only in a head (RFC 9110 section 6.5.1).
    public init(_ headers: Headers, areTrailers: Bool) throws(InvalidResponseHead) {
        var facts = ResponseFacts()
        framing = .none
        closes = false
        if areTrailers {
            for field in headers { try WireBuffer.checkTrailer(field.name) }
        }
        try Self.gather(headers, into: &fields, &facts)
    }

    /// The head as HTTP/1.1 would write it, for logs.
    public func http1Text(status: Int) -> [UInt8] {
        var text = Array("HTTP/2 \(status)\r\n".utf8)
        for (name, value) in fields { text.append(contentsOf: "\(name): \(value)\r\n".utf8) }
        return text + Array("\r\n".utf8)
    }

    private static func gather(_ headers: Headers, into fields: inout [Field], _ facts: inout ResponseFacts) throws(InvalidResponseHead) {
        fields.reserveCapacity(headers.count + 4)
        switch headers.storage {
        case .list(let list):
            for field in list {
                guard try !note(field.name.utf8.span, field.value.utf8.span, &facts) else { continue }
                fields.append((field.name.lowercased(), field.value))
            }
        case .block(let block):
            let bytes = block.storage.span
            for index in 0..<block.count {
                let entry = block.entry(at: index)
                guard try !note(bytes.extracting(entry.name), bytes.extracting(entry.value), &facts) else { continue }
                // What an application gives as bytes is sent as these bytes.
                fields.append((String(decoding: block.storage[entry.name], as: UTF8.self).lowercased(), String(decoding: block.storage[entry.value], as: UTF8.self)))
            }
        }
    }

    /// Checks a field; returns whether it is the server's own affair.
    private static func note(_ name: Span<UInt8>, _ value: Span<UInt8>, _ facts: inout ResponseFacts) throws(InvalidResponseHead) -> Bool {
        guard !name.isEmpty, name.bytes.isLettersAndDashes || name.bytes.isToken else { throw .badName(name) }
        if !value.bytes.isPrintableASCII {
            for index in value.indices where value[index] < 0x20 && value[index] != 0x09 || value[index] == 0x7F {
                throw InvalidResponseHead(reason: "the value of the header field \(name.text) holds a control character; a field has no line breaks")
            }
        }
        return try facts.note(name.bytes, value)
    }
}
