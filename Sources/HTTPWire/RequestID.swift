/// What a request is called in logs and in the field `x-request-id`.
public struct RequestID: Sendable, Hashable, CustomStringConvertible {
    @usableFromInline
    enum Form: Sendable, Hashable {
        case made(UInt64, UInt64)
        case received(String)
    }

    @usableFromInline let form: Form

    /// The longest id that is taken from elsewhere, in bytes: a PROXY header's 128 in hexadecimal digits, and a number.
    public static let longest = 288

    /// An id of 128 bits, written as 32 hexadecimal digits.
    @inlinable
    public init(_ high: UInt64, _ low: UInt64) {
        form = .made(high, low)
    }

    /// An id that came from elsewhere; nil if it is empty, longer than `longest`, or has other characters than letters, digits and `.`, `_`,
    /// `~`, `+`, `/`, `=`, `:`, `@`, `-`, so that it can stand in any log and any header as it is.
    public init?(_ text: String) {
        guard (1...Self.longest).contains(text.utf8.count), text.utf8.allSatisfy(Self.isAllowed) else { return nil }
        form = .received(text)
    }

    private static func isAllowed(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x61...0x7A, 0x40...0x5A, 0x2F...0x3A: true
        case 0x2B, 0x2D, 0x2E, 0x3D, 0x5F, 0x7E: true
        default: false
        }
    }

    public var description: String {
        switch form {
        case .received(let text):
            return text
        case .made:
            return withText { String(decoding: $0, as: UTF8.self) }
        }
    }

    /// Calls `body` with the id as it is written, in ASCII. The bytes must not be used after it has returned.
    public func withText<Result, Failure: Error>(_ body: (UnsafeRawBufferPointer) throws(Failure) -> Result) throws(Failure) -> Result {
        switch form {
        case .made(let high, let low):
            return try withUnsafeBytes(of: (high.hexadecimalWords, low.hexadecimalWords), body)
        case .received(let text):
            return try text.utf8.span.withUnsafeBytes(body)
        }
    }
}

extension WireBuffer {
    /// Appends an id as it is written.
    public mutating func append(_ id: RequestID) {
        switch id.form {
        case .made(let high, let low):
            append(hexadecimalWord: high)
            append(hexadecimalWord: low)
        case .received(let text):
            append(text.utf8.span)
        }
    }

    /// Appends all 16 digits of a number.
    private mutating func append(hexadecimalWord number: UInt64) {
        let room = room(for: 16)
        let (first, second) = number.hexadecimalWords
        room.storeBytes(of: first, as: UInt64.self)
        (room + 8).storeBytes(of: second, as: UInt64.self)
        end &+= 16
    }
}

extension UInt64 {
    /// All 16 digits, eight in each word.
    fileprivate var hexadecimalWords: (UInt64, UInt64) {
        (hexadecimalDigits(UInt32(truncatingIfNeeded: self >> 32)), hexadecimalDigits(UInt32(truncatingIfNeeded: self)))
    }
}

/// The eight digits of a number, the first of them in the lowest byte: each half byte is moved into a byte of its own, and all are turned into
/// ASCII at once.
private func hexadecimalDigits(_ number: UInt32) -> UInt64 {
    var digits = UInt64(number)
    digits = (digits | digits << 16) & 0x0000_FFFF_0000_FFFF
    digits = (digits | digits << 8) & 0x00FF_00FF_00FF_00FF
    digits = (digits | digits << 4) & 0x0F0F_0F0F_0F0F_0F0F
    let letters = (digits &+ .all(0x06)) >> 4 & .all(0x01)
    return (digits &+ .all(0x30) &+ letters &* 0x27).byteSwapped.littleEndian
}
