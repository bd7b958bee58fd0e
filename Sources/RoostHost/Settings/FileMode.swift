/// Permission bits in octal: `660`, `0660`, `0o660`. Nothing but octal digits is accepted, so `999` can't get in.
struct FileMode: Sendable, Hashable, CustomStringConvertible {
    /// 0 to 0777.
    let bits: UInt32

    init?(bits: UInt32) {
        guard bits <= 0o777 else { return nil }
        self.bits = bits
    }

    init?(_ text: String) {
        let digits = text.hasPrefix("0o") ? text.utf8.dropFirst(2) : text.utf8[...]
        guard (1...4).contains(digits.count) else { return nil }
        var bits: UInt32 = 0
        for digit in digits {
            guard (UInt8(ascii: "0")...UInt8(ascii: "7")).contains(digit) else { return nil }
            bits = bits << 3 | UInt32(digit - UInt8(ascii: "0"))
        }
        self.init(bits: bits)
    }

    /// `0660`.
    var description: String {
        let digits = String(bits, radix: 8)
        return String(repeating: "0", count: max(0, 4 - digits.count)) + digits
    }
}
