import HTTPWire

/// What HTTP/1.1 would have sent of a request that came on a stream of HTTP/2, so that one parser, the strict one, decides on both.
///
/// nghttp2 has checked the order and number of pseudo-header fields by then, and the characters of all fields, and refused fields of HTTP/1's connections
/// (RFC 9113 sections 8.2 and 8.3). What is checked here is what would change the text's shape.
struct HTTP2RequestText {
    enum Problem: Error {
        /// The stream is to be reset: the request is malformed (RFC 9113 section 8.1.1).
        case malformed(StaticString)
        /// CONNECT, without a protocol that is known here.
        case connect
    }

    private static let hostName = Array("host".utf8)
    private static let cookieName = Array("cookie".utf8)

    /// The text, whole after `end`.
    private(set) var bytes: [UInt8] = []
    /// Whether the client wants to speak WebSocket on the stream (RFC 8441).
    private(set) var isWebSocket = false
    /// How much room the fields take, as HTTP/2 counts it (RFC 9113 section 6.5.2).
    private(set) var listSize = 0
    private var method: [UInt8] = []
    private var path: [UInt8] = []
    private var authority: [UInt8] = []
    private var connectProtocol: [UInt8] = []
    private var host: [UInt8] = []
    private var cookies: [UInt8] = []
    private var hasRequestLine = false
    private var problem: Problem?

    /// Begins another request, and keeps the storage.
    mutating func begin() {
        bytes.removeAll(keepingCapacity: true)
        method.removeAll(keepingCapacity: true)
        path.removeAll(keepingCapacity: true)
        authority.removeAll(keepingCapacity: true)
        connectProtocol.removeAll(keepingCapacity: true)
        host.removeAll(keepingCapacity: true)
        cookies.removeAll(keepingCapacity: true)
        isWebSocket = false
        hasRequestLine = false
        listSize = 0
        problem = nil
    }

    /// Takes a field; pseudo-header fields come first.
    mutating func append(_ name: Span<UInt8>, _ value: Span<UInt8>) {
        listSize += name.count + value.count + 32
        guard name.first == UInt8(ascii: ":") else { return appendField(name, value) }
        switch name.count {
        case 5 where name[1] == UInt8(ascii: "p"): path.append(contentsOf: value)
        case 7 where name[1] == UInt8(ascii: "m"): method.append(contentsOf: value)
        case 9 where name[1] == UInt8(ascii: "p"): connectProtocol.append(contentsOf: value)
        case 10 where name[1] == UInt8(ascii: "a"): authority.append(contentsOf: value)
        default: break
        }
    }

    private mutating func appendField(_ name: Span<UInt8>, _ value: Span<UInt8>) {
        if !hasRequestLine { appendRequestLine() }
        if name.equals("cookie") {
            // Clients may split it, for the sake of compression (RFC 9113 section 8.2.3).
            if !cookies.isEmpty { cookies.append(contentsOf: "; ".utf8) }
            cookies.append(contentsOf: value)
        } else if name.equals("host") {
            guard host.isEmpty else { return note(.malformed("there is more than one host")) }
            host.append(contentsOf: value)
            if authority.isEmpty { note(bytes.appendLine(name, value)) }
        } else {
            note(bytes.appendLine(name, value))
        }
    }

    /// Completes the text.
    mutating func end() throws(Problem) {
        if !hasRequestLine { appendRequestLine() }
        // "A server SHOULD treat a request as malformed if it contains a Host header field that identifies an entity that differs" (section 8.3.1)
        if !host.isEmpty, !authority.isEmpty, !host.span.equalsIgnoringCase(authority.span) { note(.malformed("host is not :authority")) }
        let cookies = cookies
        if !cookies.isEmpty { note(bytes.appendLine(Self.cookieName.span, cookies.span)) }
        bytes.append(contentsOf: "\r\n".utf8)
        if let problem { throw problem }
    }

    private mutating func appendRequestLine() {
        hasRequestLine = true
        if method.span.equals("CONNECT") {
            guard connectProtocol.span.equals("websocket") else { return note(.connect) }
            isWebSocket = true
            // As the handshake of HTTP/1.1 has it.
            bytes.append(contentsOf: "GET".utf8)
        } else {
            bytes.append(contentsOf: method)
        }
        guard method.span.isWord, path.span.isWord, path[0] == UInt8(ascii: "/") || path.span.equals("*") else {
            return note(.malformed("the method or the path is none"))
        }
        bytes.append(UInt8(ascii: " "))
        bytes.append(contentsOf: path)
        bytes.append(contentsOf: " HTTP/1.1\r\n".utf8)
        let authority = authority
        if !authority.isEmpty { note(bytes.appendLine(Self.hostName.span, authority.span)) }
    }

    /// Notes what is wrong; the first of it counts.
    private mutating func note(_ problem: Problem?) {
        self.problem = self.problem ?? problem
    }
}

extension Span<UInt8> {
    fileprivate var first: UInt8? { isEmpty ? nil : self[0] }

    /// Whether this is not empty, and holds neither white space nor control characters.
    fileprivate var isWord: Bool {
        for index in indices where !(0x21...0x7E).contains(self[index]) { return false }
        return !isEmpty
    }

    fileprivate var containsColon: Bool {
        for index in indices where self[index] == UInt8(ascii: ":") { return true }
        return false
    }

    /// Whether this holds nothing that ends a line.
    fileprivate var isLineText: Bool {
        for index in indices where self[index] < 0x20 && self[index] != 0x09 || self[index] == 0x7F { return false }
        return true
    }

    fileprivate func equals(_ text: StaticString) -> Bool {
        guard count == text.utf8CodeUnitCount else { return false }
        return text.withUTF8Buffer { text in
            for index in indices where self[index] != text[index] { return false }
            return true
        }
    }

    fileprivate func equalsIgnoringCase(_ other: Span<UInt8>) -> Bool {
        guard count == other.count else { return false }
        for index in indices where self[index].lowercased != other[index].lowercased { return false }
        return true
    }
}

extension [UInt8] {
    /// Appends a field; returns what is wrong with it.
    fileprivate mutating func appendLine(_ name: Span<UInt8>, _ value: Span<UInt8>) -> HTTP2RequestText.Problem? {
        guard name.isWord, !name.containsColon, value.isLineText else { return .malformed("a field holds a character that no field can hold") }
        append(contentsOf: name)
        append(contentsOf: ": ".utf8)
        append(contentsOf: value)
        append(contentsOf: "\r\n".utf8)
        return nil
    }

    fileprivate mutating func append(contentsOf bytes: Span<UInt8>) {
        bytes.withUnsafeBufferPointer { append(contentsOf: $0) }
    }
}
