/// Version 1: a line of text such as `PROXY TCP4 192.0.2.1 192.0.2.2 56324 443`.
struct TextHeader {
    /// The longest line, its CRLF included.
    static let maximumLength = 107

    /// Why reading stops before the end of the line.
    private enum Stop: Error {
        case needMore
        case malformed(MalformedProxyHeader)
    }

    private static let space = UInt8(ascii: " ")
    private static let carriageReturn: UInt8 = 0x0D
    private static let lineFeed: UInt8 = 0x0A

    /// The first byte that was not read.
    private var offset: Int

    /// Reads the line that begins with `PROXY`; returns nil if it goes on.
    static func parse(_ bytes: Span<UInt8>) throws(MalformedProxyHeader) -> (ProxyHeader, length: Int)? {
        var line = TextHeader(offset: 5)
        do throws(Stop) {
            let addresses = try line.parse(bytes)
            return (.v1(addresses), line.offset)
        } catch .malformed(let error) {
            throw error
        } catch {
            return nil
        }
    }

    private mutating func parse(_ bytes: Span<UInt8>) throws(Stop) -> ProxyAddresses {
        try expect(" ", bytes, "there is no space behind PROXY")
        let wrongFamily = "the protocol is not TCP4, TCP6 or UNKNOWN"
        guard try peek(bytes) == UInt8(ascii: "T") else {
            try expect("UNKNOWN", bytes, wrongFamily)
            try skipRest(bytes)
            return .unspecified
        }
        try expect("TCP", bytes, wrongFamily)
        if try peek(bytes) == UInt8(ascii: "4") {
            try expect("4 ", bytes, wrongFamily)
            let source = try address(IPv4Scanner(), bytes, "the source is not an IPv4 address")
            let destination = try address(IPv4Scanner(), bytes, "the destination is not an IPv4 address")
            let (from, to) = try ports(bytes)
            return .ipv4(source: IPEndpoint(source, port: from), destination: IPEndpoint(destination, port: to), .stream)
        }
        try expect("6 ", bytes, wrongFamily)
        let source = try address(IPv6Scanner(), bytes, "the source is not an IPv6 address")
        let destination = try address(IPv6Scanner(), bytes, "the destination is not an IPv6 address")
        let (from, to) = try ports(bytes)
        return .ipv6(source: IPEndpoint(source, port: from), destination: IPEndpoint(destination, port: to), .stream)
    }

    /// The next byte, which is left to be read.
    private func peek(_ bytes: Span<UInt8>) throws(Stop) -> UInt8 {
        guard offset < bytes.count else { throw .needMore }
        let byte = bytes[offset]
        // If the last place but one is taken by a byte that doesn't belong to the line's end, it can't end in time any more.
        guard offset < Self.maximumLength - 2 || byte == Self.carriageReturn || bytes[offset - 1] == Self.carriageReturn else {
            throw malformed("the line does not end within \(Self.maximumLength) bytes")
        }
        return byte
    }

    private func malformed(_ reason: String) -> Stop { .malformed(.v1(reason, at: offset)) }

    private mutating func expect(_ text: String, _ bytes: Span<UInt8>, _ reason: String) throws(Stop) {
        for expected in text.utf8 {
            guard try peek(bytes) == expected else { throw malformed(reason) }
            offset += 1
        }
    }

    private mutating func skipRest(_ bytes: Span<UInt8>) throws(Stop) {
        let first = try peek(bytes)
        guard first == Self.space || first == Self.carriageReturn else { throw malformed("UNKNOWN is followed by neither a space nor CRLF") }
        while true {
            let byte = try peek(bytes)
            if byte == Self.carriageReturn { return try endLine(bytes) }
            guard byte != Self.lineFeed else { throw malformed("an LF has no CR before it") }
            offset += 1
        }
    }

    private mutating func endLine(_ bytes: Span<UInt8>) throws(Stop) {
        offset += 1
        guard try peek(bytes) == Self.lineFeed else { throw malformed("a CR has no LF behind it") }
        offset += 1
    }

    /// Reads an address and the space behind it.
    private mutating func address<Scanner: AddressScanner>(
        _ scanner: Scanner, _ bytes: Span<UInt8>, _ reason: String
    ) throws(Stop) -> Scanner.Address {
        var scanner = scanner
        while true {
            let byte = try peek(bytes)
            if byte == Self.space, let address = scanner.address {
                offset += 1
                return address
            }
            guard scanner.accept(byte) else { throw malformed(reason) }
            offset += 1
        }
    }

    /// Reads both ports and the end of the line.
    private mutating func ports(_ bytes: Span<UInt8>) throws(Stop) -> (UInt16, UInt16) {
        let source = try port(bytes, endingWith: Self.space, "the source port is not a number from 0 to 65535 without leading zeros")
        offset += 1
        let destination = try port(bytes, endingWith: Self.carriageReturn, "the destination port is not a number from 0 to 65535 without leading zeros")
        try endLine(bytes)
        return (source, destination)
    }

    /// Reads a number up to the byte that ends it.
    private mutating func port(_ bytes: Span<UInt8>, endingWith end: UInt8, _ reason: String) throws(Stop) -> UInt16 {
        var port: UInt32?
        while true {
            let byte = try peek(bytes)
            if byte == end, let port { return UInt16(truncatingIfNeeded: port) }
            guard let digit = byte.decimalDigit, port != 0 else { throw malformed(reason) }
            let next = (port ?? 0) * 10 + UInt32(digit)
            guard next <= 65535 else { throw malformed(reason) }
            port = next
            offset += 1
        }
    }
}
