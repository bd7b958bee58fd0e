import Glibc

/// IP addresses as text: inet_pton(3)'s strict forms, and an IPv6 zone (`fe80::1%eth0`, RFC 4007).
enum IPAddress {
    /// Whether the text is four decimal numbers from 0 to 255.
    static func isV4(_ text: String) -> Bool { v4(text) != nil }

    /// Whether the text is an IPv6 address without brackets, with or without a zone.
    static func isV6(_ text: String) -> Bool {
        let parts = text.split(separator: "%", maxSplits: 1, omittingEmptySubsequences: false)
        guard let address = parts.first, v6(String(address)) != nil else { return false }
        return parts.count == 1 || isZone(parts[1])
    }

    /// The address in host byte order.
    static func v4(_ text: String) -> UInt32? {
        // The C function would stop reading at a NUL and accept what stands before it.
        guard !text.utf8.contains(0) else { return nil }
        var address = in_addr()
        return inet_pton(AF_INET, text, &address) == 1 ? UInt32(bigEndian: address.s_addr) : nil
    }

    /// The address as its two halves in host byte order; the text has no zone.
    static func v6(_ text: String) -> (high: UInt64, low: UInt64)? {
        var address = in6_addr()
        guard !text.utf8.contains(0), inet_pton(AF_INET6, text, &address) == 1 else { return nil }
        return withUnsafeBytes(of: address) { bytes in
            (UInt64(bigEndian: bytes.loadUnaligned(as: UInt64.self)), UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self)))
        }
    }

    private static func isZone(_ zone: Substring) -> Bool {
        (1...15).contains(zone.utf8.count) && zone.utf8.allSatisfy { (0x21..<0x7f).contains($0) && $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: "%") }
    }
}
