/// The checksum of RFC 3720 and RFC 9260 (Castagnoli's polynomial, bits reflected), four bits at a time: headers are short, a table of 64 bytes
/// stays in the cache.
struct CRC32C {
    /// The remainders of the sixteen half bytes by the reflected polynomial 0x82F63B78.
    private static let remainders: InlineArray<16, UInt32> = [
        0x0000_0000, 0x105E_C76F, 0x20BD_8EDE, 0x30E3_49B1, 0x417B_1DBC, 0x5125_DAD3, 0x61C6_9362, 0x7198_540D,
        0x82F6_3B78, 0x92A8_FC17, 0xA24B_B5A6, 0xB215_72C9, 0xC38D_26C4, 0xD3D3_E1AB, 0xE330_A81A, 0xF36E_6F75,
    ]

    private var remainder = UInt32.max

    /// The checksum of the bytes so far.
    var value: UInt32 { ~remainder }

    mutating func update(_ byte: UInt8) {
        remainder ^= UInt32(byte)
        remainder = remainder >> 4 ^ Self.remainders[Int(remainder & 0xF)]
        remainder = remainder >> 4 ^ Self.remainders[Int(remainder & 0xF)]
    }

    /// The checksum of a header, in which the four bytes at `field` count as zero.
    static func checksum(of bytes: Span<UInt8>, length: Int, zeroing field: Int) -> UInt32 {
        var checksum = CRC32C()
        for offset in 0..<length {
            checksum.update((field..<field + 4).contains(offset) ? 0 : bytes[offset])
        }
        return checksum.value
    }
}
