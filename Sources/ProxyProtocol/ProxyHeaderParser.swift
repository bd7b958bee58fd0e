/// Reads the PROXY header at the start of a connection, of either version (HAProxy's `proxy-protocol.txt`).
///
/// It is a security boundary: who the client is hangs on it, so whatever is not exactly a header is refused. What is decided where the
/// specification leaves a choice, or where others are known to differ:
///
/// | Question | Answer |
/// |---|---|
/// | Bytes that can't be the start of either signature | not a header; told at the first such byte |
/// | `PROXY` without a space behind it; the binary signature with another version than 2 | malformed |
/// | Version 1: line end | CRLF only, within 107 bytes; a CR or LF elsewhere is malformed, also behind `UNKNOWN` |
/// | Version 1: `UNKNOWN` | a space and anything may follow up to the CRLF; addresses are unspecified |
/// | Version 1: spaces | exactly one between each two parts, none at the end |
/// | Version 1: addresses | `IPv4Address` and `IPv6Address` say what is read; the family must be the one announced; no zone |
/// | Version 1: ports | 0 to 65535 without a sign or leading zeros |
/// | Version 2: commands | LOCAL and PROXY; others are malformed |
/// | Version 2: families and protocols that no number is assigned to | malformed; but LOCAL ignores them, as it must |
/// | Version 2: an unspecified family or protocol | addresses are unspecified |
/// | Version 2: length | exactly the addresses of the family and TLVs that fill the rest; too short for the addresses is malformed |
/// | Version 2: length with LOCAL or unspecified addresses | whatever it says is skipped. TLVs are kept if they can be found: behind the addresses that the family implies, if there is room for them and it is known where they end. What is no list of right TLVs is skipped too |
/// | Version 2: header longer than `maximumLength` | malformed |
/// | Version 2: checksum (CRC32C) | compared wherever there is one; wrong, not of 4 bytes or there twice is malformed |
/// | Version 2: unique id of more than 128 bytes; SSL that is not flags, verification and whole TLVs | malformed |
/// | Version 2: TLVs there twice, unknown, from a vendor, with text that is not UTF-8 | kept as they are |
/// | Version 2: padding (NOOP) | left out |
///
/// Decisions fall in the order of the bytes, at the first that can't be part of a header, except that what follows the first 16 bytes of
/// version 2 is looked at when it is complete. So the outcome does not depend on how the bytes were cut into pieces.
public struct ProxyHeaderParser: Sendable {
    /// What has become of the bytes so far.
    public enum Outcome: Sendable, Hashable {
        /// All right so far; it may become a header.
        case needMore
        /// The header is complete; it is the first `length` bytes. The client's own bytes begin there.
        case header(ProxyHeader, length: Int)
        /// The connection does not begin with a PROXY header.
        case notProxy
        /// It begins with one that is wrong, and must be closed.
        case malformed(MalformedProxyHeader)
    }

    private enum Form {
        case undecided, text, binary, neither
    }

    private static let textSignature = Array("PROXY".utf8)

    /// The longest header of version 2 that is accepted, in bytes, its first 16 among them. Version 1 has a limit of its own, 107.
    public let maximumLength: Int
    /// The start of a header of version 2, once that was accepted, so that it is not looked at again.
    private var binary: BinaryHeader?

    /// - Parameter maximumLength: in bytes. 232 hold any addresses, the format's own limit is 65551.
    public init(maximumLength: Int = 4096) {
        self.maximumLength = maximumLength
    }

    /// Reads what there is of a header.
    ///
    /// - Parameter bytes: everything received since the connection's first byte; in a further call the same bytes and more.
    public mutating func parse(_ bytes: Span<UInt8>) -> Outcome {
        do throws(MalformedProxyHeader) {
            if binary == nil {
                switch Self.form(of: bytes) {
                case .undecided: return .needMore
                case .neither: return .notProxy
                case .text:
                    guard let (header, length) = try TextHeader.parse(bytes) else { return .needMore }
                    return .header(header, length: length)
                case .binary: binary = try BinaryHeader(bytes, maximumLength: maximumLength)
                }
            }
            guard let binary, bytes.count >= binary.length else { return .needMore }
            return .header(try binary.header(bytes), length: binary.length)
        } catch {
            return .malformed(error)
        }
    }

    private static func form(of bytes: Span<UInt8>) -> Form {
        guard !bytes.isEmpty else { return .undecided }
        let isText = bytes[0] == textSignature[0]
        let signature = isText ? textSignature : BinaryHeader.signature
        for offset in 0..<min(bytes.count, signature.count) {
            guard bytes[offset] == signature[offset] else { return .neither }
        }
        return bytes.count < signature.count ? .undecided : isText ? .text : .binary
    }
}
