/// The TLVs behind a header's addresses, which fill their range of bytes.
struct TLVList {
    /// Without padding.
    private(set) var tlvs: [ProxyTLV] = []
    /// The offset of the value of the checksum, if there is one.
    private(set) var checksumOffset: Int?

    init(_ bytes: Span<UInt8>, in range: Range<Int>) throws(MalformedProxyHeader) {
        var reader = TLVReader(range)
        var offset = reader.offset
        while let tlv = try reader.next(bytes) {
            if let defect = tlv.defect { throw .v2(defect, at: offset) }
            if tlv.kind == .crc32c {
                guard checksumOffset == nil else { throw .v2("there are two checksums (CRC32C)", at: offset) }
                checksumOffset = offset + 3
            }
            if tlv.kind != .noop { tlvs.append(tlv) }
            offset = reader.offset
        }
    }
}
