/// Fields that do not stand in the head of the final response: trailers (RFC 9112 section 7.1.2) and early hints (RFC 8297).
extension WireBuffer {
    /// Appends the last chunk, and the trailer section that ends a chunked body.
    ///
    /// - Throws: `InvalidResponseHead` for a field that is none, or that means something only in a head (RFC 9110 section 6.5.1); nothing is appended
    ///   then.
    public mutating func appendLastChunk(trailers: Headers) throws(InvalidResponseHead) {
        let before = readableBytes
        do throws(InvalidResponseHead) {
            append("0\r\n")
            for field in trailers {
                try Self.checkTrailer(field.name)
                try appendChecked(field)
            }
            append("\r\n")
        } catch {
            truncate(to: before)
            throw error
        }
    }

    /// Appends the interim response `103 (Early Hints)`.
    ///
    /// - Throws: `InvalidResponseHead` for a field that is none; nothing is appended then.
    public mutating func appendEarlyHints(_ fields: Headers) throws(InvalidResponseHead) {
        let before = readableBytes
        do throws(InvalidResponseHead) {
            append("HTTP/1.1 103 Early Hints\r\n")
            for field in fields { try appendChecked(field) }
            append("\r\n")
        } catch {
            truncate(to: before)
            throw error
        }
    }

    private mutating func appendChecked(_ field: HeaderField) throws(InvalidResponseHead) {
        var facts = ResponseFacts()
        try appendField(field.name.utf8.span, field.value.utf8.span, &facts)
    }

    /// Throws for a field that means something only in a head: framing, routing, modifiers of requests, authentication, and what says how the content
    /// is to be processed.
    static func checkTrailer(_ name: String) throws(InvalidResponseHead) {
        guard !forbiddenTrailers.contains(name.lowercased()) else {
            throw InvalidResponseHead(reason: "\(Array(name.utf8).span.text) cannot be a trailer field: it means something at the beginning of a response only")
        }
    }

    private static let forbiddenTrailers: Set<String> = [
        "authorization", "cache-control", "connection", "content-encoding", "content-length", "content-range", "content-type", "cookie", "date", "expect",
        "host", "keep-alive", "location", "proxy-authenticate", "proxy-authorization", "proxy-connection", "retry-after", "server", "set-cookie", "te",
        "trailer", "transfer-encoding", "upgrade", "vary", "www-authenticate",
    ]
}
