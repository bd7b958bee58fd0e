import Testing

@testable import Roost

@Suite("X-Request-Start")
struct RequestStartTests {
    private func microseconds(_ text: String) -> UInt64? { RequestStart(ArraySlice(text.utf8))?.microseconds }

    @Test("is a Unix time in seconds, milliseconds or microseconds", arguments: [
        ("t=1512379167.574", 1_512_379_167_574_000), ("1512379167.574", 1_512_379_167_574_000), ("t=1512379167", 1_512_379_167_000_000),
        ("t=1512379167574", 1_512_379_167_574_000), ("1512379167574.25", 1_512_379_167_574_250), ("t=1512379167574001", 1_512_379_167_574_001),
        ("t=1512379167.5740019", 1_512_379_167_574_001), ("t=1512379167574001.9", 1_512_379_167_574_001),
    ] as [(String, UInt64)])
    func units(_ text: String, _ expected: UInt64) {
        #expect(microseconds(text) == expected)
    }

    @Test("is not believed in another form", arguments: [
        "", "t=", "t", "now", "-1512379167", "t=t=1512379167", "1512379167.", ".5", "151237916", "15123791670", "t=0512379167", "99999999999999999",
        "1512379167.5.5", "1512379167,5", "1512379167 ", "t=1512379167.x", "18446744073709551616",
    ])
    func malformed(_ text: String) {
        #expect(microseconds(text) == nil)
    }

    @Test("gives the time since then, unless the clocks differ too much")
    func elapsed() throws {
        let start = try #require(RequestStart(ArraySlice("1512379167".utf8)))
        let then = start.microseconds
        #expect(start.elapsed(until: then) == 0)
        #expect(start.elapsed(until: then + 1) == 1000)
        #expect(start.elapsed(until: then + 3_600_000_000) == 3_600_000_000_000)
        #expect(start.elapsed(until: then + 3_600_000_001) == nil)
        #expect(start.elapsed(until: then - 60_000_000) == 0)
        #expect(start.elapsed(until: then - 60_000_001) == nil)
    }
}
