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
}
