extension String {
    /// Makes a string of bytes that stand for one scalar each, U+0000 to U+00FF (ISO 8859-1).
    init(latin1 bytes: ArraySlice<UInt8>) {
        if bytes.allSatisfy({ $0 < 0x80 }) {
            self.init(decoding: bytes, as: UTF8.self)
        } else {
            // A byte of ISO 8859-1 is the UTF-16 code unit of the same number.
            self.init(decoding: bytes.lazy.map(UInt16.init), as: UTF16.self)
        }
    }
}
