/// Reads an IPv6 address one byte at a time.
struct IPv6Scanner: AddressScanner {
    private enum Position {
        case start
        /// Behind the first byte, a colon that must be followed by another.
        case leadingColon
        case group
        /// Behind one colon that ends a group.
        case colon
        case doubleColon
        /// In an IPv4 address, from its first dot on.
        case quad
    }

    private var position = Position.start
    /// The groups before `::`, and how many there are.
    private var front: UInt128 = 0
    private var frontCount = 0
    /// The groups behind `::`.
    private var back: UInt128 = 0
    private var backCount = 0
    private var isShortened = false
    /// The group that is being read, and the same bytes as the start of an IPv4 address, if they could be that.
    private var group: UInt16 = 0
    private var digits = 0
    private var quad: IPv4Scanner?

    private var count: Int { frontCount + backCount }

    /// How many groups there may be: `::` stands for at least one.
    private var limit: Int { isShortened ? 7 : 8 }

    /// Returns false if no address begins with the bytes so far and this one.
    mutating func accept(_ byte: UInt8) -> Bool {
        if position == .quad { return quad?.accept(byte) ?? false }
        switch byte {
        case UInt8(ascii: ":"): return acceptColon()
        case UInt8(ascii: "."): return acceptDot()
        default: return acceptDigit(byte)
        }
    }

    private mutating func acceptColon() -> Bool {
        switch position {
        case .start:
            position = .leadingColon
        case .group:
            // Without `::` the eighth group is the last; behind it at least one group must follow a colon.
            guard count + 1 < limit else { return false }
            append(group)
            position = .colon
        case .leadingColon, .colon:
            guard !isShortened else { return false }
            isShortened = true
            position = .doubleColon
        case .doubleColon, .quad:
            return false
        }
        return true
    }

    private mutating func acceptDot() -> Bool {
        guard position == .group, isShortened ? count <= 5 : count == 6, quad?.accept(UInt8(ascii: ".")) == true else { return false }
        position = .quad
        return true
    }

    private mutating func acceptDigit(_ byte: UInt8) -> Bool {
        guard let digit = byte.hexDigit else { return false }
        switch position {
        case .start, .colon, .doubleColon:
            guard count < limit else { return false }
            position = .group
            group = 0
            digits = 0
            quad = IPv4Scanner()
        case .group:
            guard digits < 4 else { return false }
        case .leadingColon, .quad:
            return false
        }
        group = group << 4 | UInt16(digit)
        digits += 1
        if quad?.accept(byte) == false { quad = nil }
        return true
    }

    private mutating func append(_ group: UInt16) {
        if isShortened {
            back = back << 16 | UInt128(group)
            backCount += 1
        } else {
            front = front << 16 | UInt128(group)
            frontCount += 1
        }
    }

    /// The address, if the bytes so far are one.
    var address: IPv6Address? {
        var whole = self
        switch position {
        case .start, .leadingColon, .colon:
            return nil
        case .doubleColon:
            break
        case .group:
            whole.append(group)
        case .quad:
            guard let bits = quad?.address?.bits else { return nil }
            whole.append(UInt16(truncatingIfNeeded: bits >> 16))
            whole.append(UInt16(truncatingIfNeeded: bits))
        }
        guard isShortened ? whole.count <= 7 : whole.count == 8 else { return nil }
        return IPv6Address(bits: whole.front << (128 - 16 * whole.frontCount) | whole.back)
    }
}
