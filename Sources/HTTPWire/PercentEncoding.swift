extension String {
    /// Decodes a path whose every `%` is known to have two digits behind it; what is not UTF-8 then becomes U+FFFD.
    init(percentDecoding path: ArraySlice<UInt8>) {
        var decoded: [UInt8] = []
        decoded.reserveCapacity(path.count)
        var offset = path.startIndex
        while offset < path.endIndex {
            let byte = path[offset]
            if byte == 0x25, offset + 2 < path.endIndex,
                let high = path[offset + 1].hexadecimalValue, let low = path[offset + 2].hexadecimalValue
            {
                decoded.append(high << 4 | low)
                offset += 3
            } else {
                decoded.append(byte)
                offset += 1
            }
        }
        self.init(decoding: decoded, as: UTF8.self)
    }

    /// This as it stands in a path of a request's target: bytes that cannot are percent-encoded (RFC 3986 section 3.3).
    package var percentEncodedPath: String {
        var encoded: [UInt8] = []
        encoded.reserveCapacity(utf8.count)
        for byte in utf8 {
            switch byte {
            // Letters, digits, and what else a path may have: !$&'()*+,-./ : ; = @ _ ~
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x21, 0x24, 0x26...0x2F, 0x3A, 0x3B, 0x3D, 0x40, 0x5F, 0x7E: encoded.append(byte)
            default:
                encoded.append(0x25)
                for digit in [byte >> 4, byte & 0x0F] { encoded.append(digit < 10 ? 0x30 + digit : 0x37 + digit) }
            }
        }
        return String(decoding: encoded, as: UTF8.self)
    }
}
