/// Reads an IPv4 address one byte at a time.
struct IPv4Scanner: AddressScanner {
    private var bits: UInt32 = 0
    private var dots = 0
    /// The number that is being read; nil before its first digit.
    private var number: UInt32?

    /// Returns false if no address begins with the bytes so far and this one.
    mutating func accept(_ byte: UInt8) -> Bool {
        if byte == UInt8(ascii: ".") {
            guard let number, dots < 3 else { return false }
            bits = bits << 8 | number
            dots += 1
            self.number = nil
            return true
        }
        guard let digit = byte.decimalDigit, number != 0 else { return false }
        let next = (number ?? 0) * 10 + UInt32(digit)
        guard next <= 255 else { return false }
        number = next
        return true
    }

    /// The address, if the bytes so far are one.
    var address: IPv4Address? {
        guard let number, dots == 3 else { return nil }
        return IPv4Address(bits: bits << 8 | number)
    }
}

extension UInt8 {
    /// The value of an ASCII digit.
    var decimalDigit: UInt8? {
        let value = self &- UInt8(ascii: "0")
        return value < 10 ? value : nil
    }

    /// The value of an ASCII hexadecimal digit in either case.
    var hexDigit: UInt8? {
        if let decimalDigit { return decimalDigit }
        let value = (self | 0x20) &- UInt8(ascii: "a")
        return value < 6 ? value + 10 : nil
    }
}
