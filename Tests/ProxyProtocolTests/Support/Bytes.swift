import ProxyProtocol
import Testing

/// Bytes for a test, with a description fit for a terminal.
struct Bytes: Sendable, Hashable, ExpressibleByStringLiteral, CustomTestStringConvertible {
    let bytes: [UInt8]

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// One byte for each scalar up to U+00FF.
    init(_ text: String) {
        bytes = text.unicodeScalars.map { UInt8($0.value) }
    }

    init(stringLiteral text: String) {
        self.init(text)
    }

    var testDescription: String {
        let text = String(String.UnicodeScalarView(bytes.map { UnicodeScalar($0) }))
        return text.count > 120 ? "\(text.prefix(120).debugDescription) and more" : text.debugDescription
    }
}

let signature = Bytes("\r\n\r\n\u{0}\r\nQUIT\n").bytes

/// A header of version 2 as it is on the wire, with the length that it has or another.
func binary(_ versionAndCommand: UInt8 = 0x21, _ family: UInt8 = 0x11, _ payload: [UInt8], length: Int? = nil) -> [UInt8] {
    let length = length ?? payload.count
    return signature + [versionAndCommand, family, UInt8(length >> 8), UInt8(length & 0xFF)] + payload
}

/// A TLV as it is on the wire, with the length that it has or another.
func tlv(_ type: UInt8, _ value: [UInt8], length: Int? = nil) -> [UInt8] {
    let length = length ?? value.count
    return [type, UInt8(length >> 8), UInt8(length & 0xFF)] + value
}

/// 192.0.2.1:4660 to 198.51.100.2:443.
let ipv4Block: [UInt8] = [192, 0, 2, 1, 198, 51, 100, 2, 0x12, 0x34, 0x01, 0xBB]

let ipv4Addresses = ProxyAddresses.ipv4(
    source: IPEndpoint(IPv4Address(bits: 0xC000_0201), port: 4660), destination: IPEndpoint(IPv4Address(bits: 0xC633_6402), port: 443), .stream)
