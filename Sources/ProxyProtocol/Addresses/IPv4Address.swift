/// An IPv4 address.
public struct IPv4Address: Sendable, Hashable, LosslessStringConvertible {
    /// The address as a number: 127.0.0.1 is 0x7F000001.
    public var bits: UInt32

    public init(bits: UInt32) {
        self.bits = bits
    }

    /// Reads four decimal numbers from 0 to 255 without leading zeros and with a dot between each two; nil if the text is anything else.
    public init?(_ text: String) {
        var scanner = IPv4Scanner()
        for byte in text.utf8 {
            guard scanner.accept(byte) else { return nil }
        }
        guard let address = scanner.address else { return nil }
        self = address
    }

    public var description: String {
        "\(bits >> 24).\(bits >> 16 & 0xFF).\(bits >> 8 & 0xFF).\(bits & 0xFF)"
    }
}
