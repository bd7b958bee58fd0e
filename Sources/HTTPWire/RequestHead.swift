/// The head of a request: its request line and header fields, as they were received.
///
/// It is one reference to a copy of the received bytes and a few offsets, so it is cheap to keep and to copy. Strings are made when they
/// are asked for. What it says of framing and of the connection was decided by `RequestParser`.
public struct RequestHead: Sendable {
    /// The version that the request is to be understood as. HTTP/1.2 to 1.9 count as 1.1 (RFC 9110 section 2.5).
    public enum Version: Sendable {
        case http10
        case http11
        case http2

        /// As it stands in ASGI's `http_version`: `1.0`, `1.1` or `2`.
        public var number: StaticString {
            switch self {
            case .http10: "1.0"
            case .http11: "1.1"
            case .http2: "2"
            }
        }

        /// As it stands in a request line, and after its manner: `HTTP/1.0`, `HTTP/1.1` or `HTTP/2`.
        public var name: StaticString {
            switch self {
            case .http10: "HTTP/1.0"
            case .http11: "HTTP/1.1"
            case .http2: "HTTP/2"
            }
        }
    }

    /// How the end of the body is found (RFC 9112 section 6).
    public enum Framing: Sendable, Equatable {
        /// There is no body, or it is empty.
        case none
        /// The body is this many bytes; at least one.
        case length(Int)
        /// The body's length is not known before its end: it is in the chunked coding (see `ChunkedDecoder`), or on a stream of HTTP/2.
        case chunked
    }

    /// The form of the request's target (RFC 9112 section 3.2). The fourth, `authority`, belongs to CONNECT, which is refused.
    public enum TargetForm: Sendable {
        /// `/path?query`
        case origin
        /// `http://host/path?query`
        case absolute
        /// `*`, of OPTIONS
        case asterisk
    }

    @usableFromInline
    struct Flags: OptionSet, Sendable {
        @usableFromInline let rawValue: UInt16

        @inlinable
        init(rawValue: UInt16) {
            self.rawValue = rawValue
        }

        @inlinable static var http11: Flags { Flags(rawValue: 1) }
        @inlinable static var keepAlive: Flags { Flags(rawValue: 2) }
        @inlinable static var expectsContinue: Flags { Flags(rawValue: 4) }
        @inlinable static var isHead: Flags { Flags(rawValue: 8) }
        @inlinable static var wantsUpgrade: Flags { Flags(rawValue: 16) }
        @inlinable static var pathIsEscaped: Flags { Flags(rawValue: 32) }
        @inlinable static var hasDroppedFields: Flags { Flags(rawValue: 64) }
        @inlinable static var namesRequest: Flags { Flags(rawValue: 128) }
        @inlinable static var isForwarded: Flags { Flags(rawValue: 256) }
        @inlinable static var tellsStart: Flags { Flags(rawValue: 512) }
        @inlinable static var takesTrailers: Flags { Flags(rawValue: 1024) }
        /// Beside `http11`, as which the head was parsed.
        @inlinable static var http2: Flags { Flags(rawValue: 2048) }
    }

    @usableFromInline let block: FieldBlock
    @usableFromInline let line: RequestLine
    @usableFromInline let hostStart: UInt16
    @usableFromInline let hostEnd: UInt16
    @usableFromInline let flags: Flags
    /// How the end of the body is found.
    public let framing: Framing

    init(block: FieldBlock, line: RequestLine, host: Range<Int>, flags: Flags, framing: Framing) {
        self.block = block
        self.line = line
        hostStart = UInt16(truncatingIfNeeded: host.lowerBound)
        hostEnd = UInt16(truncatingIfNeeded: host.upperBound)
        self.flags = flags
        self.framing = framing
    }

    /// The same request as it came on a stream of HTTP/2.
    ///
    /// - Parameter hasBody: whether the stream goes on behind the head.
    package func onStream(hasBody: Bool) -> RequestHead {
        RequestHead(
            block: block, line: line, host: Int(hostStart)..<Int(hostEnd),
            flags: flags.union([.http2, .keepAlive]).subtracting(hasBody ? .wantsUpgrade : [.wantsUpgrade, .expectsContinue]),
            framing: !hasBody ? .none : framing == .none ? .chunked : framing
        )
    }

    @inlinable public var version: Version { flags.contains(.http11) ? flags.contains(.http2) ? .http2 : .http11 : .http10 }
    @inlinable public var targetForm: TargetForm { line.form }

    /// Whether the client can take a further response on this connection: by its version and the options in `Connection`, where `close` wins.
    @inlinable public var keepAlive: Bool { flags.contains(.keepAlive) }

    /// Whether the client waits for `100 (Continue)` before it sends its body. Never true without a body, or on HTTP/1.0.
    @inlinable public var expectsContinue: Bool { flags.contains(.expectsContinue) }

    /// Whether the method is HEAD, whose response has no body.
    @inlinable public var isHead: Bool { flags.contains(.isHead) }

    /// Whether there were fields that are left out here, as `HeaderMap.drop` wants it.
    @inlinable public var hasDroppedFields: Bool { flags.contains(.hasDroppedFields) }

    /// Whether there is a field that gives the request an id: `x-request-id`, or `traceparent` of W3C's Trace Context.
    @inlinable public var namesRequest: Bool { flags.contains(.namesRequest) }

    /// Whether a proxy has, or seems to have, named its client: there is an `x-forwarded-for`.
    @inlinable public var isForwarded: Bool { flags.contains(.isForwarded) }

    /// Whether a proxy has, or seems to have, told when the request reached it: there is an `x-request-start`.
    @inlinable public var tellsStart: Bool { flags.contains(.tellsStart) }

    /// Whether a response may end with trailer fields: the client says that it takes them (`TE: trailers`, RFC 9110 section 10.1.4), and HTTP/1.1 has
    /// a place for them. On HTTP/2 every client does.
    @inlinable public var takesTrailers: Bool { flags.contains(.http2) || flags.contains(.takesTrailers) && flags.contains(.http11) }

    /// Whether the path has a `%` in it.
    @inlinable public var isPathEscaped: Bool { flags.contains(.pathIsEscaped) }

    /// Whether the client asks for another protocol: an `Upgrade` field, named in `Connection`, on HTTP/1.1 (RFC 9110 section 7.8).
    @inlinable public var wantsUpgrade: Bool { flags.contains(.wantsUpgrade) }
}

// MARK: As strings

extension RequestHead {
    /// The method, in the case in which it came.
    public var method: String { string(methodRange) }

    /// The whole target as it came.
    public var rawTarget: String { string(targetRange) }

    /// The target's path as it came, without the query: of the absolute form only the path (`/` if that is empty), `*` for the asterisk form.
    public var rawPath: String {
        let range = rawPathRange
        return range.isEmpty ? "/" : string(range)
    }

    /// The path with its percent-encoding undone, once, and read as UTF-8; what is not UTF-8 becomes U+FFFD.
    ///
    /// `%2F` becomes a `/` like any other, as ASGI wants it; dot segments and doubled slashes stay as they are. `%00` and a `%` without two
    /// hexadecimal digits in a path never come this far.
    public var path: String {
        guard flags.contains(.pathIsEscaped) else { return rawPath }
        return String(percentDecoding: bytes[rawPathRange])
    }

    /// What follows the first `?` of the target, as it came; empty without one.
    public var queryString: String { string(queryStringRange) }

    /// The authority that the request is for, with its port if it has one: that of the absolute form, else the value of `Host`. Empty if an
    /// HTTP/1.0 request has neither.
    public var host: String { string(Int(hostStart)..<Int(hostEnd)) }

    /// The header fields in the order in which they came, names in lower case.
    @inlinable public var headers: Headers { Headers(storage: .block(block)) }

    /// The name of a field, in lower case.
    /// - Precondition: `index` is in `0..<fieldCount`.
    public func fieldName(at index: Int) -> String { string(fieldNameRange(at: index)) }

    /// The value of a field, each byte of it a scalar.
    /// - Precondition: `index` is in `0..<fieldCount`.
    public func fieldValue(at index: Int) -> String { String(latin1: bytes[fieldValueRange(at: index)]) }

    /// The index of the first field with this name (in any case); nil if there is none.
    public func firstIndex(ofField name: String) -> Int? { block.firstIndex(ofField: name) }

    /// The index of the first field at or after `start` with this name (in any case); nil if there is none.
    package func firstIndex(ofField name: String, from start: Int) -> Int? { block.firstIndex(ofField: name, from: start) }

    /// Everything that is made a string here is ASCII: the parser lets nothing else into these places.
    private func string(_ range: Range<Int>) -> String { String(decoding: block.storage[range], as: UTF8.self) }
}

// MARK: As bytes

extension RequestHead {
    /// The head as it was received, except that field names are in lower case. The ranges below are its indices.
    @inlinable public var bytes: ArraySlice<UInt8> { block.storage[..<block.headLength] }

    @inlinable public var methodRange: Range<Int> { Int(line.methodStart)..<Int(line.methodEnd) }
    @inlinable public var targetRange: Range<Int> { Int(line.methodEnd) + 1..<Int(line.targetEnd) }

    /// Where the path is; empty if the absolute form has none, which means `/`.
    @inlinable public var rawPathRange: Range<Int> { Int(line.pathStart)..<Int(line.pathEnd) }

    /// Where the query is; empty if there is none.
    @inlinable public var queryStringRange: Range<Int> { min(Int(line.pathEnd) + 1, Int(line.targetEnd))..<Int(line.targetEnd) }

    /// The number of header fields.
    @inlinable public var fieldCount: Int { block.count }

    /// - Precondition: `index` is in `0..<fieldCount`.
    @inlinable public func fieldNameRange(at index: Int) -> Range<Int> { block.entry(at: index).name }

    /// - Precondition: `index` is in `0..<fieldCount`.
    @inlinable public func fieldValueRange(at index: Int) -> Range<Int> { block.entry(at: index).value }
}
