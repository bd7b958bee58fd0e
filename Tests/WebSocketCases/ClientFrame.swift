/// A frame as a client sends it, right or wrong.
package func clientFrame(
    _ opcode: UInt8, _ payload: [UInt8] = [], final: Bool = true, reserved: UInt8 = 0, mask: [UInt8] = [0x37, 0xFA, 0x21, 0x3D]
) -> [UInt8] {
    var frame = [opcode | (final ? 0x80 : 0) | reserved << 4]
    switch payload.count {
    case ..<126: frame.append(0x80 | UInt8(payload.count))
    case ..<65536: frame += [0xFE, UInt8(payload.count >> 8), UInt8(payload.count & 0xFF)]
    default: frame += [0xFF] + (0..<8).reversed().map { UInt8(payload.count >> (8 * $0) & 0xFF) }
    }
    return frame + mask + payload.enumerated().map { $1 ^ mask[$0 & 3] }
}

/// A message of one text frame.
package func clientText(_ text: String, final: Bool = true) -> [UInt8] { clientFrame(1, Array(text.utf8), final: final) }

/// A close frame.
package func clientClose(_ code: UInt16, _ reason: [UInt8] = []) -> [UInt8] {
    clientFrame(8, [UInt8(code >> 8), UInt8(code & 0xFF)] + reason)
}

/// A message of one compressed text frame: the first reserved bit is set.
func compressedText(_ payload: [UInt8], final: Bool = true) -> [UInt8] { clientFrame(1, payload, final: final, reserved: 4) }
