import ProxyProtocol

/// One sender of a request as a proxy has named it: an entry of `x-forwarded-for`, or the value of `for` in `forwarded` (RFC 7239 section 6).
struct ForwardedNode: Sendable, Hashable {
    enum Syntax {
        /// `192.0.2.1`, `192.0.2.1:80`, `2001:db8::1`, `[2001:db8::1]`, `[2001:db8::1]:80`, `unknown`, `_name`
        case xForwardedFor
        /// RFC 7239: IPv6 in brackets only, and a port may be obfuscated, `_name`.
        case forwarded
    }

    /// Nil if the proxy does not tell, by `unknown` or `_name`.
    let address: IPAddress?
    /// Nil if the proxy does not tell.
    let port: UInt16?
    /// The address as it came.
    private let text: String

    /// Nil if the grammar does not allow these bytes.
    init?(_ bytes: Span<UInt8>, _ syntax: Syntax) {
        guard !bytes.isEmpty else { return nil }
        let nameEnd: Int
        if bytes[0] == UInt8(ascii: "[") {
            guard let bracket = bytes.firstIndex(of: UInt8(ascii: "]")) else { return nil }
            nameEnd = bracket + 1
            guard let text = Self.addressText(bytes.extracting(1..<bracket)), let address = IPv6Address(text) else { return nil }
            self.text = text
            self.address = .v6(address)
        } else {
            let colon = bytes.firstIndex(of: UInt8(ascii: ":"))
            let isBareIPv6 = colon != nil && syntax == .xForwardedFor && colon != bytes.lastIndex(of: UInt8(ascii: ":"))
            nameEnd = isBareIPv6 ? bytes.count : colon ?? bytes.count
            let name = bytes.extracting(0..<nameEnd)
            if Self.isObfuscated(name) || name.lowercaseWord == 0x6E_776F_6E6B_6E75 /* unknown */ {
                text = ""
                address = nil
            } else {
                guard let text = Self.addressText(name) else { return nil }
                self.text = text
                if isBareIPv6 {
                    guard let address = IPv6Address(text) else { return nil }
                    self.address = .v6(address)
                } else {
                    guard let address = IPv4Address(text) else { return nil }
                    self.address = .v4(address)
                }
            }
        }
        guard nameEnd < bytes.count else {
            port = nil
            return
        }
        guard bytes[nameEnd] == UInt8(ascii: ":") else { return nil }
        let port = bytes.extracting(nameEnd + 1..<bytes.count)
        if syntax == .forwarded, Self.isObfuscated(port) {
            self.port = nil
        } else {
            guard let number = UInt16(decimalPort: port) else { return nil }
            self.port = number
        }
    }

    /// The client that this is, with port 0 if it was not told; nil if the address was not.
    var endpoint: Endpoint? {
        guard let address else { return nil }
        // IPv4 has but one text; what is longer than that is brought into the form of RFC 5952.
        let host = if case .v4 = address { text } else { address.unmapped.description }
        return Endpoint(host: host, port: Int(port ?? 0))
    }

    /// The bytes as a text that could be an address: not longer than the longest, `0000:0000:0000:0000:0000:0000:255.255.255.255`.
    private static func addressText(_ bytes: Span<UInt8>) -> String? {
        bytes.count <= 45 ? String(bytes) : nil
    }

    /// `obfnode` and `obfport`: an underscore, and at least one letter, digit, dot, underscore or hyphen.
    private static func isObfuscated(_ bytes: Span<UInt8>) -> Bool {
        guard bytes.count > 1, bytes[0] == UInt8(ascii: "_") else { return false }
        return bytes.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
            case UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"): true
            default: false
            }
        }
    }
}

extension UInt16 {
    /// Reads a port: one to five digits up to 65535, and nothing else.
    init?(decimalPort digits: Span<UInt8>) {
        guard (1...5).contains(digits.count) else { return nil }
        var number: UInt32 = 0
        for index in digits.indices {
            let digit = digits[index] &- UInt8(ascii: "0")
            guard digit < 10 else { return nil }
            number = number &* 10 &+ UInt32(digit)
        }
        self.init(exactly: number)
    }
}
