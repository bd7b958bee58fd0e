/// A number of digits with an optional fraction, as it stands in front of a unit: `16`, `1.5`. It has no sign.
struct DecimalNumber {
    /// All digits as one number; `scale` says where the point is.
    private let digits: Int64
    /// Ten to the number of digits after the point.
    private let scale: Int64

    /// Takes the number that `text` begins with off its front; nil if there is none or if it is out of all proportion.
    init?(from text: inout Substring.UTF8View) {
        guard let (whole, _) = Self.digits(&text, after: 0) else { return nil }
        guard text.first == UInt8(ascii: ".") else {
            (digits, scale) = (whole, 1)
            return
        }
        text = text.dropFirst()
        guard let (all, scale) = Self.digits(&text, after: whole) else { return nil }
        (digits, self.scale) = (all, scale)
    }

    /// Reads at least one digit onto the end of `number`; `scale` is ten to the number of digits read.
    private static func digits(_ text: inout Substring.UTF8View, after number: Int64) -> (number: Int64, scale: Int64)? {
        var number = number
        var scale: Int64 = 1
        while let byte = text.first, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) {
            // 18 digits always fit.
            guard number < 100_000_000_000_000_000, scale < 1_000_000_000 else { return nil }
            number = number * 10 + Int64(byte - UInt8(ascii: "0"))
            scale *= 10
            text = text.dropFirst()
        }
        return scale > 1 ? (number, scale) : nil
    }

    /// This many units of `unit`; nil when that is too large or not a whole number.
    func scaled(by unit: Int64) -> Int64? {
        let (product, overflow) = digits.multipliedReportingOverflow(by: unit)
        guard !overflow, product % scale == 0 else { return nil }
        return product / scale
    }
}
