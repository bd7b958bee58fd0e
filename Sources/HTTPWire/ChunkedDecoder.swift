/// Takes the chunked coding off the body of a request (RFC 9112 section 7.1).
///
/// | Question | Answer |
/// |---|---|
/// | Chunk size | 1 to 16 hexadecimal digits in any case, leading zeros among them, of at most 63 bits; no sign, no `0x`, no white space around |
/// | Extensions | skipped: from `;` on, up to 256 bytes of printable ASCII, space and tab a chunk, up to `RequestLimits.headSize` bytes in all |
/// | Line ends | CRLF only, also behind the data |
/// | Trailer fields | as strict as header fields and under the same limits (431), told apart from them in `trailers`, never merged |
/// | Trailer fields that frame, route or change a message | 400: content-length, transfer-encoding, host, connection, te, trailer, upgrade, expect |
/// | Anything else | 400 |
public struct ChunkedDecoder: Sendable {
    /// What was found in the bytes. `consumed` of them, counted from the first, are done with and must not be presented again.
    public enum Step: Sendable, Equatable {
        /// Nothing to be had until more bytes come. At most one line is left over.
        case needMore(consumed: Int)
        /// A piece of the body, at these offsets. Call again with the rest, even if that is empty.
        case data(Range<Int>, consumed: Int)
        /// The body is complete, and so is its trailer section.
        case end(consumed: Int)
        /// The request must be refused, and the connection closed.
        case rejected(RequestRejection)
    }

    private enum State: Sendable {
        case size
        case data(left: Int)
        case endOfData
        case trailers
        case ended
        case failed(RequestRejection)
    }

    private static let longestExtension = 256

    /// The trailer fields received so far, names in lower case; complete when `end` was returned.
    public private(set) var trailers = Headers()
    private let limits: RequestLimits
    private var state = State.size
    private var trailerBytes = 0
    private var extensionBytes = 0

    public init(limits: RequestLimits = RequestLimits()) {
        self.limits = limits
    }

    /// Decodes what there is.
    ///
    /// - Parameter bytes: what was received and not yet consumed. After `needMore` they come again with more behind them.
    public mutating func decode(_ bytes: Span<UInt8>) -> Step {
        do throws(Fault) {
            return try step(bytes.bytes)
        } catch {
            state = .failed(error.rejection)
            return .rejected(error.rejection)
        }
    }

    private mutating func step(_ bytes: RawSpan) throws(Fault) -> Step {
        let count = bytes.byteCount
        var offset = 0
        while true {
            switch state {
            case .size:
                guard let (size, next) = try parseSizeLine(bytes, from: offset) else { return .needMore(consumed: offset) }
                offset = next
                state = size == 0 ? .trailers : .data(left: size)
            case .data(let left):
                guard offset < count else { return .needMore(consumed: offset) }
                let data = offset..<offset + min(left, count - offset)
                offset = data.upperBound
                if data.count < left {
                    state = .data(left: left - data.count)
                } else if count - offset >= 2, bytes.byte(at: offset) == 0x0D, bytes.byte(at: offset + 1) == 0x0A {
                    offset += 2
                    state = .size
                } else {
                    state = .endOfData
                }
                return .data(data, consumed: offset)
            case .endOfData:
                guard offset < count else { return .needMore(consumed: offset) }
                guard bytes.byte(at: offset) == 0x0D else { throw .malformed("the data of a chunk is not followed by CRLF") }
                guard offset + 1 < count else { return .needMore(consumed: offset) }
                guard bytes.byte(at: offset + 1) == 0x0A else { throw .malformed("the data of a chunk is not followed by CRLF") }
                offset += 2
                state = .size
            case .trailers:
                guard let next = try parseTrailer(bytes, from: offset) else { return .needMore(consumed: offset) }
                offset = next
                if case .ended = state { return .end(consumed: offset) }
            case .ended:
                return .end(consumed: 0)
            case .failed(let rejection):
                return .rejected(rejection)
            }
        }
    }

    /// Parses the line that begins a chunk; returns nil if it is not complete.
    private mutating func parseSizeLine(_ bytes: RawSpan, from start: Int) throws(Fault) -> (size: Int, next: Int)? {
        let count = bytes.byteCount
        var offset = start
        var size = 0
        while offset < count, let digit = bytes.byte(at: offset).hexadecimalValue {
            guard offset - start < 16, size < 1 << 59 else { throw .malformed("the size of a chunk is too large or has more than 16 digits") }
            size = size << 4 | Int(digit)
            offset += 1
        }
        guard offset < count else { return nil }
        guard offset > start else { throw .malformed("a chunk does not begin with a hexadecimal number") }
        let endOfSize = offset
        if bytes.byte(at: offset) == 0x3B {
            let window = min(count, endOfSize + Self.longestExtension)
            while offset < window, bytes.byte(at: offset) == 0x09 || bytes.byte(at: offset) &- 0x20 < 0x5F { offset += 1 }
            guard offset < count else { return nil }
            guard offset - endOfSize < Self.longestExtension else { throw .malformed("the extensions of a chunk are too long") }
        }
        guard bytes.byte(at: offset) == 0x0D else { throw .malformed("the size of a chunk is not followed by CRLF or an extension") }
        guard offset + 1 < count else { return nil }
        guard bytes.byte(at: offset + 1) == 0x0A else { throw .malformed("a CR has no LF behind it") }
        extensionBytes += offset - endOfSize
        guard extensionBytes <= limits.headSize else { throw .malformed("the extensions of the chunks are too long together") }
        return (size, offset + 2)
    }

    /// Parses a line of the trailer section; returns nil if it is not complete.
    private mutating func parseTrailer(_ bytes: RawSpan, from start: Int) throws(Fault) -> Int? {
        let (fieldSize, sectionSize) = (min(limits.fieldSize, 65533), min(limits.headSize, 65535))
        let window = min(fieldSize + 2, sectionSize - trailerBytes)
        let line = bytes.extracting(start..<min(bytes.byteCount, start + max(window, 0)))
        switch try FieldLine.parse(line, from: 0, to: line.byteCount) {
        case .incomplete:
            if bytes.byteCount - start >= window { throw .tooLarge("the trailer section, or a field in it, is too large") }
            return nil
        case .blank(let next):
            state = .ended
            return start + next
        case .field(let entry, let next, _):
            guard trailers.count < limits.fieldCount else { throw .tooLarge("there are too many trailer fields") }
            var name: [UInt8] = []
            for offset in entry.name { name.append(line.byte(at: offset).lowercased) }
            var value: [UInt8] = []
            for offset in entry.value { value.append(line.byte(at: offset)) }
            let field = HeaderField(name: String(decoding: name, as: UTF8.self), value: String(latin1: value[...]))
            guard !Self.forbidden.contains(field.name) else { throw .malformed("a trailer field is one that frames or routes the message") }
            trailers.append(field)
            trailerBytes += next
            return start + next
        }
    }

    private static let forbidden: Set<String> = [
        "connection", "content-length", "expect", "host", "te", "trailer", "transfer-encoding", "upgrade",
    ]
}
