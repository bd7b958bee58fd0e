import ProxyProtocol
import Testing

@Suite("A header of version 1")
struct TextHeaderTests {
    private static let longV6 = "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"

    @Test("gives the addresses and ports of TCP over IPv4")
    func ipv4() {
        let text = "PROXY TCP4 192.0.2.1 198.51.100.2 4660 443\r\n"
        #expect(parse(text + "GET / HTTP/1.1\r\n") == .header(.v1(ipv4Addresses), length: text.utf8.count))
    }

    @Test("gives the addresses and ports of TCP over IPv6, in either case, shortened or with an IPv4 end")
    func ipv6() {
        let header = parse("PROXY TCP6 2001:DB8:0:0::a ::ffff:192.0.2.1 1 65535\r\n").header
        #expect(
            header
                == .v1(
                    .ipv6(
                        source: IPEndpoint(IPv6Address(bits: 0x2001_0DB8_0000_0000_0000_0000_0000_000A), port: 1),
                        destination: IPEndpoint(IPv6Address(bits: 0xFFFF_C000_0201), port: 65535), .stream)))
        #expect(header?.addresses.source?.description == "[2001:db8::a]:1")
        #expect(header?.addresses.destination?.description == "[::ffff:192.0.2.1]:65535")
    }

    @Test("leaves the addresses unspecified for UNKNOWN, whatever follows", arguments: ["", " ", " 192.0.2.1 192.0.2.2 1 2", "  \t\u{0}\u{FF}PROXY TCP4", " \(longV6) \(longV6) 65535 65535"])
    func unknown(_ rest: String) {
        let bytes = Bytes("PROXY UNKNOWN\(rest)\r\n").bytes
        #expect(parse(bytes + [0x0D, 0x0A]) == .header(.v1(.unspecified), length: bytes.count))
    }

    @Test(
        "is refused, at the offset that is wrong",
        arguments: [
            // The spaces and the line's end.
            ("PROXY\r\n", 5), ("PROXYX", 5), ("PROXY  TCP4", 6), ("PROXY\tTCP4", 5), ("PROXY \r\n", 6), ("PROXY TCP4\r\n", 10), ("PROXY TCP4  1", 11), ("PROXY TCP4\t", 10),
            ("PROXY TCP4 1.2.3.4  ", 19), ("PROXY TCP4 1.2.3.4 1.2.3.4  ", 27), ("PROXY TCP4 1.2.3.4 1.2.3.4 1  ", 29), ("PROXY TCP4 1.2.3.4 1.2.3.4 1 2 ", 30),
            ("PROXY TCP4 1.2.3.4 1.2.3.4 1 2\n", 30), ("PROXY TCP4 1.2.3.4 1.2.3.4 1 2\r\r\n", 31), ("PROXY TCP4 1.2.3.4 1.2.3.4 1 2\rG", 31), ("PROXY TCP4 1.2.3.4 1.2.3.4 1 2\u{0}", 30),
            ("PROXY TCP4 1.2.3.4 1.2.3.4 1 \r\n", 29), ("PROXY TCP4 1.2.3.4 1.2.3.4 1\r\n", 28), ("PROXY TCP4 1.2.3.4 1.2.3.4\r\n", 26), ("PROXY TCP4 1.2.3.4\r\n", 18),
            // The protocol.
            ("PROXY tcp4", 6), ("PROXY TCP ", 9), ("PROXY TCP5", 9), ("PROXY TCP44", 10), ("PROXY TCP6\r", 10), ("PROXY UDP4", 7), ("PROXY UNIX", 8), ("PROXY X", 6),
            ("PROXY unknown", 6), ("PROXY UNKNOWNX\r\n", 13), ("PROXY UNKNOWN\t\r\n", 13), ("PROXY UNKNOWN\n", 13), ("PROXY UNKNOWN\rX", 14), ("PROXY UNKNOWN a\nb\r\n", 15),
            ("PROXY UNKNOWN a\rb\r\n", 16), ("PROXY UNKNOWN\r\r\n", 14),
            // IPv4 addresses.
            ("PROXY TCP4 01.2.3.4 ", 12), ("PROXY TCP4 00.2.3.4 ", 12), ("PROXY TCP4 1.02.3.4 ", 14), ("PROXY TCP4 1.2.3.04 ", 18), ("PROXY TCP4 256.", 13), ("PROXY TCP4 1.2.3.256", 19),
            ("PROXY TCP4 1000", 14), ("PROXY TCP4 1.2.3 ", 16), ("PROXY TCP4 1.2.3.4.", 18), ("PROXY TCP4 1..", 13), ("PROXY TCP4 .1", 11), ("PROXY TCP4 1.2.3. ", 17), ("PROXY TCP4 0x1", 12),
            ("PROXY TCP4 +1", 11), ("PROXY TCP4 -1", 11), ("PROXY TCP4 ::1", 11), ("PROXY TCP4 a", 11), ("PROXY TCP4 1.2.3.4 ::1", 19), ("PROXY TCP4 \u{B2}", 11),
            // IPv6 addresses.
            ("PROXY TCP6 1.2.3.4", 12), ("PROXY TCP6 1:2:3:4:5:6:7 ", 24), ("PROXY TCP6 1:2:3:4:5:6:7:8:", 26), ("PROXY TCP6 1:2:3:4:5:6:7::8", 26), ("PROXY TCP6 1::2::", 16),
            ("PROXY TCP6 :::", 13), ("PROXY TCP6 :1", 12), ("PROXY TCP6 : ", 12), ("PROXY TCP6 1: ", 13), ("PROXY TCP6 12345", 15), ("PROXY TCP6 00000", 15), ("PROXY TCP6 g", 11),
            ("PROXY TCP6 [::1]", 11), ("PROXY TCP6 fe80::1%", 18), ("PROXY TCP6 ::1/64", 14), ("PROXY TCP6 ::1.2.3 ", 18), ("PROXY TCP6 ::01.", 15), ("PROXY TCP6 ::256.", 16),
            ("PROXY TCP6 ::a.", 14), ("PROXY TCP6 ::1.2.3.4:", 20), ("PROXY TCP6 1:2:3:4:5:6:7:1.", 26), ("PROXY TCP6 1:2:3:4:5::6:1.", 25),
            // Ports.
            ("PROXY TCP4 1.2.3.4 1.2.3.4 00", 28), ("PROXY TCP4 1.2.3.4 1.2.3.4 01", 28), ("PROXY TCP4 1.2.3.4 1.2.3.4 65536", 31), ("PROXY TCP4 1.2.3.4 1.2.3.4 99999", 31),
            ("PROXY TCP4 1.2.3.4 1.2.3.4 655350", 32), ("PROXY TCP4 1.2.3.4 1.2.3.4 +1", 27), ("PROXY TCP4 1.2.3.4 1.2.3.4 -1", 27), ("PROXY TCP4 1.2.3.4 1.2.3.4 0x", 28),
            ("PROXY TCP4 1.2.3.4 1.2.3.4 1 00", 30), ("PROXY TCP4 1.2.3.4 1.2.3.4 1 65536", 33), ("PROXY TCP4 1.2.3.4 1.2.3.4 1 a", 29),
        ] as [(Bytes, Int)]
    )
    func refusals(_ input: Bytes, _ offset: Int) {
        let (outcome, different) = parseEveryWay(input.bytes)
        #expect(outcome.error?.version == .v1)
        #expect(outcome.error?.offset == offset, "\(outcome)")
        #expect(different == nil)
        // As early as can be: what comes before the offset may still become a header.
        #expect(parse(input.bytes[..<offset]) == .needMore)
        #expect(parse(input.bytes[...offset]) == outcome)
    }

    @Test("of 107 bytes is accepted, of 108 refused, at the first byte from which on it can't end in time")
    func longest() {
        let start = "PROXY UNKNOWN "
        for excess in -1...3 {
            let text = start + String(repeating: "x", count: 107 - 2 - start.utf8.count + excess) + "\r\n"
            let (outcome, different) = parseEveryWay(Bytes(text).bytes)
            #expect(different == nil)
            if excess <= 0 {
                #expect(outcome.length == 107 + excess)
            } else {
                #expect(outcome.error?.offset == 105)
                #expect(parse(text.utf8.prefix(105)) == .needMore)
            }
        }
    }

    @Test("of a line that never ends is refused within 107 bytes", arguments: ["PROXY UNKNOWN ", "PROXY TCP6 ::", "PROXY TCP4 ", "PROXY TCP4 1.2.3.4 1.2.3.4 "])
    func endless(_ start: String) {
        #expect(parse(start + String(repeating: "0", count: 107 - start.utf8.count)).error != nil)
    }

    @Test("with two IPv6 addresses that end as IPv4 and are too long for the line is refused")
    func longestIPv6() {
        let address = "ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255"
        #expect(parse("PROXY TCP6 \(address) \(address.dropLast()) 1 2\r\n").length == 107)
        #expect(parse("PROXY TCP6 \(address) \(address) 1 2\r\n").error?.offset == 105)
    }

    @Test("says in one line what is wrong")
    func description() {
        #expect(
            parse("PROXY TCP4 1.2.3.4 1.2.3.4 1 a").error?.description
                == "malformed PROXY v1 header: the destination port is not a number from 0 to 65535 without leading zeros (at offset 29)")
    }
}
