import ProxyProtocol
import Testing

@Suite("A Unix socket's address")
struct UnixAddressTests {
    @Test("is a path, an abstract name or nothing")
    func kinds() {
        #expect(UnixAddress(path: "/run/a")?.path == "/run/a")
        #expect(UnixAddress(path: "/run/a")?.isAbstract == false)
        #expect(UnixAddress(abstractName: "a")?.isAbstract == true)
        #expect(UnixAddress(abstractName: "a")?.path == nil)
        #expect(UnixAddress.unnamed.path == nil)
        #expect(UnixAddress.unnamed.isAbstract == false)
    }

    @Test("must be such that a field of 108 bytes can hold it and give it back")
    func limits() {
        #expect(UnixAddress(path: String(repeating: "a", count: 108)) != nil)
        #expect(UnixAddress(path: String(repeating: "a", count: 109)) == nil)
        #expect(UnixAddress(path: "") == nil)
        #expect(UnixAddress(path: "a\u{0}b") == nil)
        #expect(UnixAddress(abstractName: String(repeating: "a", count: 107)) != nil)
        #expect(UnixAddress(abstractName: String(repeating: "a", count: 108)) == nil)
        #expect(UnixAddress(abstractName: "") == nil)
        #expect(UnixAddress(abstractName: "a\u{0}") == nil)
    }

    @Test("has a text without control characters")
    func text() {
        #expect(UnixAddress(path: "/run/\u{E4}\n\u{1B}[0m\u{7F}\u{85}")?.description == "/run/\u{E4}\\x0a\\x1b[0m\\x7f\\x85")
        #expect(UnixAddress(abstractName: "a\u{0}b")?.description == "@a\\x00b")
        #expect(UnixAddress.unnamed.description == "")
        #expect(UnixAddress(path: "/a").map(ProxyEndpoint.unix)?.description == "unix:/a")
    }

    @Test("that is not UTF-8 gives its bytes, and no path")
    func otherBytes() {
        let field = [0x2F, 0xFF] + Array(repeating: 0, count: 106) as [UInt8]
        guard case .unix(let address) = parse(binary(0x21, 0x31, field + field)).header?.addresses.source else {
            Issue.record("no address")
            return
        }
        #expect(address.path == nil)
        #expect(address.bytes == [0x2F, 0xFF])
        #expect(address.description == "/\u{FFFD}")
    }
}
