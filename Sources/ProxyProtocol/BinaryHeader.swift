/// Version 2: 16 bytes of signature, command, family and length, then addresses and TLVs.
struct BinaryHeader: Sendable {
    static let signature: [UInt8] = [0x0D, 0x0A, 0x0D, 0x0A, 0x00, 0x0D, 0x0A, 0x51, 0x55, 0x49, 0x54, 0x0A]
    static let fixedLength = 16

    /// How many bytes the header has, the first 16 included.
    let length: Int
    private let command: ProxyHeader.Command
    private let layout: AddressLayout

    /// Reads the first 16 bytes, of which the signature was found to be right; nil if they are not there yet.
    init?(_ bytes: Span<UInt8>, maximumLength: Int) throws(MalformedProxyHeader) {
        guard bytes.count > 12 else { return nil }
        guard bytes[12] >> 4 == 2 else { throw .v2("its version is \(bytes[12] >> 4) instead of 2", at: 12) }
        switch bytes[12] & 0xF {
        case 0: command = .local
        case 1: command = .proxy
        default: throw .v2("its command is \(bytes[12] & 0xF), neither LOCAL (0) nor PROXY (1)", at: 12)
        }

        guard bytes.count > 13 else { return nil }
        if let layout = AddressLayout(familyAndProtocol: bytes[13]) {
            self.layout = layout
        } else {
            guard command == .local else { throw .v2("no address family \(bytes[13] >> 4) with protocol \(bytes[13] & 0xF) is assigned", at: 13) }
            layout = .undefined
        }

        guard bytes.count > 14 else { return nil }
        let shortest = Self.fixedLength + Int(bytes[14]) << 8
        guard shortest <= maximumLength else { throw Self.tooLong(maximumLength) }
        guard bytes.count > 15 else { return nil }
        length = shortest + Int(bytes[15])
        guard length <= maximumLength else { throw Self.tooLong(maximumLength) }
        if command == .proxy, let addresses = layout.length, length < Self.fixedLength + addresses {
            throw .v2("its \(length - Self.fixedLength) bytes can't hold addresses of \(addresses)", at: 14)
        }
    }

    private static func tooLong(_ maximumLength: Int) -> MalformedProxyHeader {
        .v2("it is longer than the \(maximumLength) bytes that are accepted", at: 14)
    }

    /// Reads the whole header, all bytes of which are there.
    func header(_ bytes: Span<UInt8>) throws(MalformedProxyHeader) -> ProxyHeader {
        guard command == .proxy else { return .local(tlvs: try tlvsIfAny(bytes)) }
        let start = Self.fixedLength
        let addresses: ProxyAddresses
        switch layout {
        case .none, .undefined:
            return .v2(.unspecified, tlvs: try tlvsIfAny(bytes))
        case .ipv4(let transport):
            addresses = .ipv4(
                source: IPEndpoint(IPv4Address(bits: bytes.bigEndian(at: start)), port: bytes.bigEndian(at: start + 8)),
                destination: IPEndpoint(IPv4Address(bits: bytes.bigEndian(at: start + 4)), port: bytes.bigEndian(at: start + 10)),
                transport)
        case .ipv6(let transport):
            addresses = .ipv6(
                source: IPEndpoint(IPv6Address(bits: bytes.bigEndian(at: start)), port: bytes.bigEndian(at: start + 32)),
                destination: IPEndpoint(IPv6Address(bits: bytes.bigEndian(at: start + 16)), port: bytes.bigEndian(at: start + 34)),
                transport)
        case .unix(let transport):
            addresses = .unix(
                source: UnixAddress(bytes, at: start), destination: UnixAddress(bytes, at: start + UnixAddress.fieldLength), transport)
        }
        let list = try TLVList(bytes, in: start + (layout.length ?? 0)..<length)
        try verify(list, in: bytes)
        return .v2(addresses, tlvs: list.tlvs)
    }

    /// The TLVs of a header whose addresses are skipped. What is there instead of TLVs is not held against it, for the sender is free to put
    /// anything there; only a checksum must be right.
    private func tlvsIfAny(_ bytes: Span<UInt8>) throws(MalformedProxyHeader) -> [ProxyTLV] {
        guard let addresses = layout.length else { return [] }
        let start = Self.fixedLength + addresses <= length ? Self.fixedLength + addresses : Self.fixedLength
        guard let list = try? TLVList(bytes, in: start..<length) else { return [] }
        try verify(list, in: bytes)
        return list.tlvs
    }

    private func verify(_ list: TLVList, in bytes: Span<UInt8>) throws(MalformedProxyHeader) {
        guard let offset = list.checksumOffset else { return }
        guard CRC32C.checksum(of: bytes, length: length, zeroing: offset) == bytes.bigEndian(at: offset) else {
            throw .v2("the checksum (CRC32C) does not match: the header was changed on its way", at: offset)
        }
    }
}

extension Span<UInt8> {
    /// The number whose most significant byte is at `offset`.
    func bigEndian<Number: FixedWidthInteger>(at offset: Int) -> Number {
        var number: Number = 0
        for index in offset..<offset + Number.bitWidth / 8 { number = number << 8 | Number(self[index]) }
        return number
    }
}
