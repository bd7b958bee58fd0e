/// What a request is called in logs and in the field `x-request-id`.
public struct RequestID: Sendable, Hashable, CustomStringConvertible {
    @usableFromInline
    enum Form: Sendable, Hashable {
        /// Its digits, eight in each word, as they lie in memory.
        case made(UInt64, UInt64, UInt64, UInt64)
        case received(String)
    }

    @usableFromInline let form: Form

    /// The longest id that is taken from elsewhere, in bytes: a PROXY header's 128 in hexadecimal digits, and a number.
    public static let longest = 288

    /// An id of 128 bits, written as 32 hexadecimal digits.
    public init(_ high: UInt64, _ low: UInt64) {
        form = .made(hexadecimalDigits(high >> 32), hexadecimalDigits(high), hexadecimalDigits(low >> 32), hexadecimalDigits(low))
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
        case .made(let first, let second, let third, let fourth):
            return try withUnsafeBytes(of: (first, second, third, fourth), body)
        case .received(let text):
            return try text.utf8.span.withUnsafeBytes(body)
        }
    }
}

extension WireBuffer {
    /// Appends an id as it is written.
    public mutating func append(_ id: RequestID) {
        switch id.form {
        case .made(let first, let second, let third, let fourth):
            append(words: first, second, third, fourth)
        case .received(let text):
            append(text.utf8.span)
        }
    }

    private mutating func append(words first: UInt64, _ second: UInt64, _ third: UInt64, _ fourth: UInt64) {
        let room = room(for: 32)
        room.storeBytes(of: first, as: UInt64.self)
        (room + 8).storeBytes(of: second, as: UInt64.self)
        (room + 16).storeBytes(of: third, as: UInt64.self)
        (room + 24).storeBytes(of: fourth, as: UInt64.self)
        end &+= 32
    }
}

/// The eight digits of a number's lower half, the first of them in the lowest byte: each half byte is moved into a byte of its own, and all are turned into
/// ASCII at once.
private func hexadecimalDigits(_ number: UInt64) -> UInt64 {
    var digits = number & 0xFFFF_FFFF
    digits = (digits | digits << 16) & 0x0000_FFFF_0000_FFFF
    digits = (digits | digits << 8) & 0x00FF_00FF_00FF_00FF
    digits = (digits | digits << 4) & 0x0F0F_0F0F_0F0F_0F0F
    let letters = (digits &+ .all(0x06)) >> 4 & .all(0x01)
    return (digits &+ .all(0x30) &+ letters &* 0x27).byteSwapped.littleEndian
}
