import NIOHPACK

/// What HTTP/1.1 would have sent of a request that came on a stream of HTTP/2, so that one parser, the strict one, decides on both.
///
/// NIOHTTP2 has checked the order and number of pseudo-header fields by then, and refused fields of HTTP/1's connections (RFC 9113 sections 8.2 and 8.3).
/// What is checked here is what would change the text's shape.
struct HTTP2RequestText {
    enum Problem: Error, Equatable {
        /// The stream is to be reset: the request is malformed (RFC 9113 section 8.1.1).
        case malformed(String)
        /// CONNECT, without a protocol that is known here.
        case connect
    }

    private(set) var bytes: [UInt8] = []
    /// Whether the client wants to speak WebSocket on the stream (RFC 8441).
    private(set) var isWebSocket = false

    init(_ headers: HPACKHeaders) throws(Problem) {
        var method = "", path = "", authority: String?, connectProtocol: String?
        var host: String?, cookies: [String] = []
        bytes.reserveCapacity(256)
        var fields: [UInt8] = []
        fields.reserveCapacity(256)
        for (name, value, _) in headers {
            switch name {
            case ":method": method = value
            case ":path": path = value
            case ":authority": authority = value
            case ":protocol": connectProtocol = value
            case ":scheme": break
            // Fields that HTTP/2 lets clients split, for the sake of compression (RFC 9113 section 8.2.3).
            case "cookie": cookies.append(value)
            case "host":
                guard host == nil else { throw .malformed("there is more than one host") }
                host = value
            default: try Self.append(name, value, to: &fields)
            }
        }
        if method == "CONNECT" {
            guard connectProtocol == "websocket" else { throw .connect }
            isWebSocket = true
            // As the handshake of HTTP/1.1 has it.
            method = "GET"
        }
        guard Self.isWord(method), Self.isWord(path), path.utf8.first == UInt8(ascii: "/") || path == "*" else {
            throw .malformed("the method or the path is none")
        }
        // "A server SHOULD treat a request as malformed if it contains a Host header field that identifies an entity that differs" (section 8.3.1)
        if let host, let authority, host.lowercased() != authority.lowercased() { throw .malformed("host is not :authority") }
        bytes.append(contentsOf: method.utf8)
        bytes.append(UInt8(ascii: " "))
        bytes.append(contentsOf: path.utf8)
        bytes.append(contentsOf: " HTTP/1.1\r\n".utf8)
        if let host = authority ?? host { try Self.append("host", host, to: &bytes) }
        bytes += fields
        if !cookies.isEmpty { try Self.append("cookie", cookies.joined(separator: "; "), to: &bytes) }
        bytes.append(contentsOf: "\r\n".utf8)
    }

    private static func append(_ name: String, _ value: String, to bytes: inout [UInt8]) throws(Problem) {
        // A tab is the one control character that a value may hold, and at its ends there is no white space (RFC 9113 section 8.2.1).
        guard isWord(name), name.utf8.allSatisfy({ $0 != UInt8(ascii: ":") }), value.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 }),
            !isSpace(value.utf8.first), !isSpace(value.utf8.last)
        else {
            throw .malformed("the field \(name.prefix(40)) holds a character that no field can hold, or white space at an end of its value")
        }
        bytes.append(contentsOf: name.utf8)
        bytes.append(contentsOf: ": ".utf8)
        bytes.append(contentsOf: value.utf8)
        bytes.append(contentsOf: "\r\n".utf8)
    }

    private static func isSpace(_ byte: UInt8?) -> Bool { byte == 0x20 || byte == 0x09 }

    /// Whether this is not empty, and holds neither white space nor control characters.
    private static func isWord(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.allSatisfy { (0x21...0x7E).contains($0) }
    }
}
