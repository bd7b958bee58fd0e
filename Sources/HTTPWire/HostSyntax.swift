/// The grammar of an authority without user information: `host [ ":" port ]` (RFC 9110 section 7.2, RFC 3986 section 3.2.2).
///
/// A host is a registered name (of which an IPv4 address is one), which must not be empty, or an IPv6 address in brackets. A port is one to
/// five digits up to 65535. Not allowed although RFC 3986 has them: a comma, an empty name, an empty port, `IPvFuture`, a zone.
public enum HostSyntax {
    /// Whether all of `bytes` are a host and perhaps a port.
    public static func isValid(_ bytes: Span<UInt8>) -> Bool {
        isValid(bytes.bytes, 0..<bytes.count)
    }

    @inline(__always)
    static func isValid(_ bytes: RawSpan, _ range: Range<Int>) -> Bool {
        var offset = range.lowerBound
        let end = range.upperBound
        while offset < end {
            offset = bytes.endOfLettersAndDashes(from: offset, to: end)
            guard offset < end, ByteSet.registeredName.contains(bytes.byte(at: offset)) else { break }
            offset &+= 1
        }
        if offset == end { return !range.isEmpty }
        return isValidRest(bytes, range, from: offset)
    }

    /// Decides about what is not only plain bytes of a name up to its end.
    private static func isValidRest(_ bytes: RawSpan, _ range: Range<Int>, from start: Int) -> Bool {
        var offset = start
        let end = range.upperBound
        if offset == range.lowerBound, bytes.byte(at: offset) == 0x5B {
            guard let bracket = (offset..<end).first(where: { bytes.byte(at: $0) == 0x5D }) else { return false }
            guard isIPv6Address(bytes, offset + 1..<bracket) else { return false }
            offset = bracket + 1
            return offset == end || isPort(bytes, offset..<end)
        }
        while offset < end {
            let byte = bytes.byte(at: offset)
            if byte == 0x25 {
                guard end - offset > 2 else { return false }
                for digit in [bytes.byte(at: offset + 1), bytes.byte(at: offset + 2)] where !ByteSet.hexDigit.contains(digit) { return false }
                offset += 3
            } else if byte == 0x3A {
                return offset > range.lowerBound && isPort(bytes, offset..<end)
            } else {
                guard ByteSet.registeredName.contains(byte) else { return false }
                offset += 1
            }
        }
        return true
    }

    /// Whether `range` is a colon and a port.
    private static func isPort(_ bytes: RawSpan, _ range: Range<Int>) -> Bool {
        guard bytes.byte(at: range.lowerBound) == 0x3A, (2...6).contains(range.count) else { return false }
        var port = 0
        for offset in range.dropFirst() {
            let byte = bytes.byte(at: offset)
            guard byte.isDecimalDigit else { return false }
            port = port * 10 + Int(byte - 0x30)
        }
        return port <= 65535
    }

    /// RFC 3986 `IPv6address`: eight groups of up to four hexadecimal digits, one run of them left out as `::`, the last two perhaps as IPv4.
    private static func isIPv6Address(_ bytes: RawSpan, _ range: Range<Int>) -> Bool {
        var (offset, end) = (range.lowerBound, range.upperBound)
        var groups = 0
        var isShortened = false
        if end - offset >= 2, bytes.byte(at: offset) == 0x3A, bytes.byte(at: offset + 1) == 0x3A {
            isShortened = true
            offset += 2
        }
        while offset < end {
            let start = offset
            while offset < end, offset - start < 5, ByteSet.hexDigit.contains(bytes.byte(at: offset)) { offset += 1 }
            guard (1...4).contains(offset - start) else { return false }
            if offset < end, bytes.byte(at: offset) == 0x2E {
                guard isIPv4Address(bytes, start..<end) else { return false }
                groups += 2
                end = offset
                break
            }
            groups += 1
            if offset == end { break }
            guard bytes.byte(at: offset) == 0x3A, offset + 1 < end else { return false }
            offset += 1
            if bytes.byte(at: offset) == 0x3A {
                guard !isShortened else { return false }
                isShortened = true
                offset += 1
            }
        }
        return isShortened ? groups <= 7 : groups == 8
    }

    private static func isIPv4Address(_ bytes: RawSpan, _ range: Range<Int>) -> Bool {
        var numbers = 0
        var offset = range.lowerBound
        while numbers < 4 {
            let start = offset
            var number = 0
            while offset < range.upperBound, offset - start < 3, bytes.byte(at: offset).isDecimalDigit {
                number = number * 10 + Int(bytes.byte(at: offset) - 0x30)
                offset += 1
            }
            guard offset > start, number <= 255, offset - start == 1 || bytes.byte(at: start) != 0x30 else { return false }
            numbers += 1
            if numbers < 4 {
                guard offset < range.upperBound, bytes.byte(at: offset) == 0x2E else { return false }
                offset += 1
            }
        }
        return offset == range.upperBound
    }
}
