/// What a client's hello asks for (RFC 8446 section 4.1.2; RFC 5246 section 7.4.1.2).
struct ClientHello: Equatable {
    /// The name of the server that is wanted (RFC 6066 section 3), in lower case and without a dot at its end; nil if the client names none.
    var serverName: String?
    /// The protocols that the client speaks inside of TLS (RFC 7301), the preferred one first; nil if it does not say.
    var applicationProtocols: [[UInt8]]?

    static let kind: UInt8 = 1

    /// Nil for what is no hello.
    init?(_ body: [UInt8]) {
        var reader = VectorReader(body[...])
        // The version and the random number.
        guard reader.take(2 + 32) != nil,
            // The session's id, the cipher suites and the compression methods.
            reader.vector(lengthBytes: 1) != nil, reader.vector(lengthBytes: 2) != nil, reader.vector(lengthBytes: 1) != nil
        else { return nil }
        guard !reader.isAtEnd else { return }
        guard let extensions = reader.vector(lengthBytes: 2), reader.isAtEnd else { return nil }
        var list = VectorReader(extensions)
        while !list.isAtEnd {
            guard let kind = list.number(bytes: 2), let content = list.vector(lengthBytes: 2) else { return nil }
            switch kind {
            case Self.serverNameExtension: serverName = Self.serverName(content)
            case Self.applicationProtocolsExtension: applicationProtocols = Self.applicationProtocols(content)
            default: break
            }
        }
    }

    private static let serverNameExtension = 0
    private static let applicationProtocolsExtension = 16

    private static func serverName(_ content: ArraySlice<UInt8>) -> String? {
        var reader = VectorReader(content)
        guard let names = reader.vector(lengthBytes: 2) else { return nil }
        var list = VectorReader(names)
        // There is one kind of names, and one name of it at most.
        guard list.number(bytes: 1) == 0, var name = list.vector(lengthBytes: 2) else { return nil }
        if name.last == UInt8(ascii: ".") { name.removeLast() }
        guard !name.isEmpty, name.allSatisfy({ (0x21...0x7E).contains($0) }) else { return nil }
        return String(decoding: name, as: UTF8.self).lowercased()
    }

    private static func applicationProtocols(_ content: ArraySlice<UInt8>) -> [[UInt8]]? {
        var reader = VectorReader(content)
        guard let names = reader.vector(lengthBytes: 2) else { return nil }
        var list = VectorReader(names)
        var protocols: [[UInt8]] = []
        while !list.isAtEnd {
            guard let name = list.vector(lengthBytes: 1) else { return nil }
            protocols.append(Array(name))
        }
        return protocols
    }
}

/// What a server's hello has chosen (RFC 8446 section 4.1.3).
struct ServerHello: Equatable {
    /// The cipher suite's registered number.
    var cipherSuite: Int

    static let kind: UInt8 = 2

    /// Nil for what is no hello. A request for another hello of the client's names the same cipher suite as the hello that follows.
    init?(_ body: [UInt8]) {
        var reader = VectorReader(body[...])
        guard reader.take(2 + 32) != nil, reader.vector(lengthBytes: 1) != nil, let number = reader.number(bytes: 2) else { return nil }
        cipherSuite = number
    }
}

/// Reads what TLS calls vectors: a length, then as many bytes (RFC 8446 section 3.4).
private struct VectorReader {
    private var bytes: ArraySlice<UInt8>

    init(_ bytes: ArraySlice<UInt8>) {
        self.bytes = bytes
    }

    var isAtEnd: Bool { bytes.isEmpty }

    mutating func take(_ count: Int) -> ArraySlice<UInt8>? {
        guard bytes.count >= count else { return nil }
        defer { bytes = bytes.dropFirst(count) }
        return bytes.prefix(count)
    }

    mutating func number(bytes count: Int) -> Int? { take(count)?.reduce(0) { $0 << 8 | Int($1) } }

    mutating func vector(lengthBytes: Int) -> ArraySlice<UInt8>? { number(bytes: lengthBytes).flatMap { take($0) } }
}
