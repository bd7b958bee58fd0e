/// A frame as a client sends it (RFC 9113 section 4.1), right or wrong.
struct ClientFrame: Sendable, CustomStringConvertible {
    static let preface = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8)

    enum Kind: UInt8, Sendable {
        case data, headers, priority, reset, settings, pushPromise, ping, goAway, windowUpdate, continuation
    }

    struct Flags: OptionSet, Sendable {
        let rawValue: UInt8
        static let acknowledgement = Flags(rawValue: 0x1)
        static let endStream = Flags(rawValue: 0x1)
        static let endHeaders = Flags(rawValue: 0x4)
        static let padded = Flags(rawValue: 0x8)
        static let priority = Flags(rawValue: 0x20)
    }

    typealias Fields = [(String, String)]

    var kind: UInt8
    var flags: Flags
    var stream: UInt32
    var payload: [UInt8]
    /// What the frame says of its length; nil for the truth.
    var announcedLength: Int?

    init(_ kind: Kind, _ flags: Flags = [], on stream: UInt32, _ payload: [UInt8] = []) {
        self.init(kind: kind.rawValue, flags, on: stream, payload)
    }

    init(kind: UInt8, _ flags: Flags = [], on stream: UInt32, _ payload: [UInt8] = [], announcedLength: Int? = nil) {
        self.kind = kind
        self.flags = flags
        self.stream = stream
        self.payload = payload
        self.announcedLength = announcedLength
    }

    var bytes: [UInt8] {
        let length = announcedLength ?? payload.count
        return [UInt8(truncatingIfNeeded: length >> 16), UInt8(truncatingIfNeeded: length >> 8), UInt8(truncatingIfNeeded: length), kind, flags.rawValue]
            + Self.bigEndian(stream) + payload
    }

    var description: String { "\(Kind(rawValue: kind).map { "\($0)" } ?? "\(kind)") on \(stream), flags \(flags.rawValue), \(payload.count) bytes" }

    static func bigEndian(_ number: UInt32) -> [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: number >> (24 - 8 * $0)) } }

    // MARK: What clients mostly send

    static func headers(_ fields: Fields, on stream: UInt32, ends: Bool = true) -> ClientFrame {
        ClientFrame(.headers, ends ? [.endHeaders, .endStream] : .endHeaders, on: stream, block(fields))
    }

    /// The head of a request that is as it should be.
    static func request(
        _ method: String = "GET", _ path: String = "/", on stream: UInt32, ends: Bool = true, authority: String = "test", _ more: Fields = []
    ) -> ClientFrame {
        headers([(":method", method), (":scheme", "http"), (":path", path), (":authority", authority)] + more, on: stream, ends: ends)
    }

    static func data(_ text: String, on stream: UInt32, ends: Bool = false) -> ClientFrame { data(Array(text.utf8), on: stream, ends: ends) }

    static func data(_ bytes: [UInt8], on stream: UInt32, ends: Bool = false) -> ClientFrame {
        ClientFrame(.data, ends ? .endStream : [], on: stream, bytes)
    }

    static func settings(_ settings: [(UInt16, UInt32)] = []) -> ClientFrame {
        ClientFrame(.settings, on: 0, settings.flatMap { [UInt8($0 >> 8), UInt8(truncatingIfNeeded: $0)] + bigEndian($1) })
    }

    static let settingsAcknowledgement = ClientFrame(.settings, .acknowledgement, on: 0)

    static func window(_ increment: UInt32, on stream: UInt32) -> ClientFrame { ClientFrame(.windowUpdate, on: stream, bigEndian(increment)) }

    static func reset(_ code: UInt32 = 8, on stream: UInt32) -> ClientFrame { ClientFrame(.reset, on: stream, bigEndian(code)) }

    static func ping(_ text: String = "12345678") -> ClientFrame { ClientFrame(.ping, on: 0, Array(text.utf8)) }

    static func goAway(last: UInt32 = 0, code: UInt32 = 0) -> ClientFrame { ClientFrame(.goAway, on: 0, bigEndian(last) + bigEndian(code)) }

    static func priority(of stream: UInt32, on other: UInt32, weight: UInt8 = 15) -> ClientFrame {
        ClientFrame(.priority, on: stream, bigEndian(other) + [weight])
    }

    // MARK: HPACK (RFC 7541)

    /// Fields as literals that no table remembers, so that each block stands alone.
    static func block(_ fields: Fields) -> [UInt8] { fields.flatMap { [0x00] + text($0) + text($1) } }

    /// A string without Huffman coding.
    static func text(_ text: String) -> [UInt8] { integer(text.utf8.count, prefix: 7) + Array(text.utf8) }

    static func integer(_ number: Int, prefix: Int, pattern: UInt8 = 0) -> [UInt8] {
        let limit = 1 << prefix - 1
        guard number >= limit else { return [pattern | UInt8(number)] }
        var (bytes, rest) = ([pattern | UInt8(limit)], number - limit)
        while rest >= 128 {
            bytes.append(UInt8(rest & 127 | 128))
            rest >>= 7
        }
        return bytes + [UInt8(rest)]
    }
}
