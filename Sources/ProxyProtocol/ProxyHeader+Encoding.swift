extension ProxyHeader {
    /// The bytes of the header, to be sent at once before any others.
    ///
    /// A checksum TLV (`ProxyTLV.checksum`) gets the value that belongs to the header, whatever it holds.
    /// - Throws: `UnencodableProxyHeader` if a TLV holds what receivers must refuse, if there are two checksums, or if it is all too long. A
    ///   header without TLVs can always be encoded.
    public func encoded() throws(UnencodableProxyHeader) -> [UInt8] {
        switch version {
        case .v1: encodedText
        case .v2: try encodedBinary()
        }
    }

    private var encodedText: [UInt8] {
        let line =
            switch addresses {
            case .ipv4(let source, let destination, _):
                "PROXY TCP4 \(source.address) \(destination.address) \(source.port) \(destination.port)\r\n"
            case .ipv6(let source, let destination, _):
                "PROXY TCP6 \(source.address) \(destination.address) \(source.port) \(destination.port)\r\n"
            case .unix, .unspecified:
                "PROXY UNKNOWN\r\n"
            }
        return Array(line.utf8)
    }

    private func encodedBinary() throws(UnencodableProxyHeader) -> [UInt8] {
        var bytes = BinaryHeader.signature
        bytes.append(command == .local ? 0x20 : 0x21)
        bytes.append(contentsOf: [0, 0, 0])
        switch addresses {
        case .unspecified:
            break
        case .ipv4(let source, let destination, let transport):
            bytes[13] = 0x10 | transport.number
            bytes.append(bigEndian: source.address.bits)
            bytes.append(bigEndian: destination.address.bits)
            bytes.append(bigEndian: source.port)
            bytes.append(bigEndian: destination.port)
        case .ipv6(let source, let destination, let transport):
            bytes[13] = 0x20 | transport.number
            bytes.append(bigEndian: source.address.bits)
            bytes.append(bigEndian: destination.address.bits)
            bytes.append(bigEndian: source.port)
            bytes.append(bigEndian: destination.port)
        case .unix(let source, let destination, let transport):
            bytes[13] = 0x30 | transport.number
            bytes += source.field + destination.field
        }

        var checksumOffset: Int?
        for tlv in tlvs {
            if tlv.kind == .crc32c {
                guard checksumOffset == nil else { throw UnencodableProxyHeader(reason: "there are two checksums (CRC32C)") }
                checksumOffset = bytes.count + 3
            }
            if let defect = tlv.defect { throw UnencodableProxyHeader(reason: defect) }
            try bytes.append(tlv)
        }
        guard let length = UInt16(exactly: bytes.count - BinaryHeader.fixedLength) else {
            throw UnencodableProxyHeader(reason: "addresses and TLVs have \(bytes.count - BinaryHeader.fixedLength) bytes, more than 65535")
        }
        bytes[14] = UInt8(length >> 8)
        bytes[15] = UInt8(length & 0xFF)
        if let checksumOffset {
            let checksum = CRC32C.checksum(of: bytes.span, length: bytes.count, zeroing: checksumOffset)
            for index in 0..<4 { bytes[checksumOffset + index] = UInt8(truncatingIfNeeded: checksum >> (24 - 8 * index)) }
        }
        return bytes
    }
}

extension ProxyAddresses.Transport {
    /// Its number on the wire.
    fileprivate var number: UInt8 {
        switch self {
        case .stream: 1
        case .datagram: 2
        }
    }
}

extension [UInt8] {
    mutating func append<Number: FixedWidthInteger>(bigEndian number: Number) {
        for shift in stride(from: Number.bitWidth - 8, through: 0, by: -8) { append(UInt8(truncatingIfNeeded: number >> shift)) }
    }

    mutating func append(_ tlv: ProxyTLV) throws(UnencodableProxyHeader) {
        guard let length = UInt16(exactly: tlv.value.count) else {
            throw UnencodableProxyHeader(reason: "a TLV has \(tlv.value.count) bytes, more than 65535")
        }
        append(tlv.kind.rawValue)
        append(bigEndian: length)
        self += tlv.value
    }
}
