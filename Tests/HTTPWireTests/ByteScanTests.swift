import HTTPWire
import Testing

@Suite("Bytes looked at eight at a time")
struct ByteScanTests {
    @Test("are found wherever they are", arguments: 0..<20)
    func everywhere(_ count: Int) {
        let plain = [UInt8](repeating: UInt8(ascii: "a"), count: count)
        #expect(plain.span.bytes.isPlainInQuotes && plain.span.bytes.hasNoSpace)
        for place in 0..<count {
            for byte in UInt8.min...UInt8.max {
                var bytes = plain
                bytes[place] = byte
                let isPlain = (0x20...0x7E).contains(byte) && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "\\")
                #expect(bytes.span.bytes.isPlainInQuotes == isPlain, "\(byte) at \(place) of \(count)")
                #expect(bytes.span.bytes.hasNoSpace == (byte != 0x20), "\(byte) at \(place) of \(count)")
                #expect(bytes.span.bytes.isPrintableASCII == (0x20...0x7E).contains(byte), "\(byte) at \(place) of \(count)")
            }
        }
    }
}
