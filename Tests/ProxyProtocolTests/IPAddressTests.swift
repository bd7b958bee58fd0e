import Glibc
import ProxyProtocol
import SeededRandom
import Testing

@Suite("An IP address")
struct IPAddressTests {
    @Test(
        "of version 6 is written as RFC 5952 wants it, and read from that",
        arguments: [
            ("::", 0), ("::1", 1), ("1::", 1 << 112), ("2001:db8::1", 0x2001_0DB8_0000_0000_0000_0000_0000_0001), ("2001:db8:0:1:1:1:1:1", 0x2001_0DB8_0000_0001_0001_0001_0001_0001),
            ("2001:0:0:1::1", 0x2001_0000_0000_0001_0000_0000_0000_0001), ("2001:db8::1:0:0:1", 0x2001_0DB8_0000_0000_0001_0000_0000_0001), ("0:1:2:3:4:5:6:7", 0x0000_0001_0002_0003_0004_0005_0006_0007),
            ("1:2:3:4:5:6:7:0", 0x0001_0002_0003_0004_0005_0006_0007_0000), ("1:2:3:4:5:6::", 0x0001_0002_0003_0004_0005_0006_0000_0000), ("::2:3:4:5:6:7", 0x0002_0003_0004_0005_0006_0007),
            ("::ffff:192.0.2.1", 0xFFFF_C000_0201), ("::c000:201", 0xC000_0201), ("::fffe:c000:201", 0xFFFE_C000_0201), ("fe80::abcd:ef01", 0xFE80_0000_0000_0000_0000_0000_ABCD_EF01),
        ] as [(String, UInt128)]
    )
    func canonical(_ text: String, _ bits: UInt128) {
        #expect(IPv6Address(bits: bits).description == text)
        #expect(IPv6Address(text)?.bits == bits)
        #expect(IPAddress(text) == .v6(IPv6Address(bits: bits)))
    }

    @Test("is read from what inet_pton(3) reads, and from nothing else")
    func sameAsInetPton() {
        var generator = SeededGenerator(seed: 4)
        let starts = [
            "1:2:3:4:5:6:7:8", "::", "1::8", "::1.2.3.4", "1:2:3:4:5:6:1.2.3.4", "1:2:3:4:5::1.2.3.4", "ffff::FFFF", "1.2.3.4", "255.255.255.255", "0.0.0.0", "a:b:c:d:e:f::", "1:2:3:4:5:6:7::", "::2:3:4:5:6:7:8",
        ].map { Array($0.utf8) }
        let alphabet = Array("0123456789abcfF:::...%g/ ".utf8)
        var right = 0
        for _ in 0..<fuzzIterations {
            var bytes = starts.randomElement(using: &generator) ?? []
            for _ in 0..<Int.random(in: 0...3, using: &generator) {
                let offset = Int.random(in: 0...bytes.count, using: &generator)
                let byte = alphabet.randomElement(using: &generator) ?? 0
                switch Int.random(in: 0..<3, using: &generator) {
                case 0: bytes.insert(byte, at: offset)
                case 1: if offset < bytes.count { bytes[offset] = byte }
                default: bytes.removeSubrange(offset..<min(bytes.count, offset + Int.random(in: 0...3, using: &generator)))
                }
            }
            let text = String(decoding: bytes, as: UTF8.self)
            var v4 = in_addr()
            let v4IsRight = inet_pton(AF_INET, text, &v4) == 1
            var v6 = in6_addr()
            let v6IsRight = inet_pton(AF_INET6, text, &v6) == 1
            let v6Bits = withUnsafeBytes(of: v6) { $0.reduce(UInt128(0)) { $0 << 8 | UInt128($1) } }
            guard IPv4Address(text)?.bits == (v4IsRight ? UInt32(bigEndian: v4.s_addr) : nil), IPv6Address(text)?.bits == (v6IsRight ? v6Bits : nil) else {
                Issue.record("\(text): \(String(describing: IPAddress(text)))")
                return
            }
            if let address = IPAddress(text) {
                right += 1
                #expect(IPAddress(address.description) == address)
            }
        }
        #expect(right > fuzzIterations / 20)
    }

    @Test("of version 4 is four numbers", arguments: [("0.0.0.0", 0), ("127.0.0.1", 0x7F00_0001), ("255.254.253.252", 0xFFFE_FDFC)] as [(String, UInt32)])
    func ipv4(_ text: String, _ bits: UInt32) {
        #expect(IPv4Address(text)?.bits == bits)
        #expect(IPAddress(text)?.description == text)
    }

    @Test("is nothing else", arguments: ["", "1", "1.2.3", "1.2.3.4.5", "01.2.3.4", "1.2.3.4 ", "1.2.3.4\u{0}", "[::1]", "::1%1", "fe80::1%eth0", "::1\u{0}", ":", ":::", "1:2:3:4:5:6:7", "localhost", "\u{FF11}.2.3.4"])
    func neither(_ text: String) {
        #expect(IPAddress(text) == nil)
    }

    @Test("of version 4 that is mapped into version 6 equals itself when it is taken out")
    func unmapped() {
        #expect(IPAddress("::ffff:192.0.2.1")?.unmapped == IPAddress("192.0.2.1"))
        #expect(IPAddress("192.0.2.1")?.unmapped == IPAddress("192.0.2.1"))
        #expect(IPAddress("::192.0.2.1")?.unmapped == IPAddress("::c000:201"))
        #expect(IPAddress("1::ffff:192.0.2.1")?.unmapped == IPAddress("1::ffff:192.0.2.1"))
    }
}
