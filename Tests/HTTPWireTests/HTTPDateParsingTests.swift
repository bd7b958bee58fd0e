import HTTPWire
import SeededRandom
import Testing

@Suite("A date of HTTP that is read")
struct HTTPDateParsingTests {
    private let now: Int64 = 1_795_000_000  // 2026

    @Test("is in one of three forms", arguments: [
        "Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994",
    ])
    func forms(_ text: String) {
        #expect(HTTPDate.secondsSince1970(text, now: now) == 784_111_777)
    }

    @Test("comes out as it was written", arguments: [0, 1, 951_782_399, 951_782_400, 951_868_799, 951_868_800, 1_709_164_800, 4_102_444_800, 253_402_300_799] as [Int64])
    func roundTrip(_ seconds: Int64) {
        #expect(HTTPDate.secondsSince1970(HTTPDate(secondsSince1970: seconds).description, now: now) == seconds)
    }

    @Test("has a year of two digits that is not far away")
    func shortYears() {
        #expect(HTTPDate.secondsSince1970("Friday, 01-Jan-27 00:00:00 GMT", now: now) == 1_798_761_600)
        #expect(HTTPDate.secondsSince1970("Wednesday, 01-Jan-76 00:00:00 GMT", now: now) == 3_345_062_400)
        #expect(HTTPDate.secondsSince1970("Saturday, 01-Jan-77 00:00:00 GMT", now: now) == 220_924_800)
    }

    @Test("is none if anything is wrong with it", arguments: [
        "", "0", "yesterday", "Mon, 06 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 08:49:37 UTC", "Sun, 6 Nov 1994 08:49:37 GMT", "Sun, 31 Feb 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 24:49:37 GMT", "Sun, 06 Nov 1994 08:60:37 GMT", "Sun, 06 Nov 1994 8:49:37 GMT", "Sun, 06 Nov 1894 08:49:37 GMT",
        "sun, 06 nov 1994 08:49:37 gmt", "Sun, 06 Nov 1994 08:49:37 GMT ", "Sun 06 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 19\u{E9}4 08:49:37 GMT",
        "Sunday, 06-Nov-1994 08:49:37 GMT", "Sun Nov 6 08:49:37 94", "Sun, -6 Nov 1994 08:49:37 GMT",
    ])
    func none(_ text: String) {
        #expect(HTTPDate.secondsSince1970(text, now: now) == nil)
    }

    @Test("never traps, whatever it is")
    func fuzz() {
        var random = SeededGenerator(seed: 7)
        let alphabet = Array("Sun, 06-Nov 1994:08:49:37 GMT  day".utf8) + [0, 0xC3, 0xA9, 0x7F]
        for _ in 0..<fuzzIterations {
            var bytes = Array(["Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"].randomElement(using: &random)!.utf8)
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                bytes[Int.random(in: 0..<bytes.count, using: &random)] = alphabet.randomElement(using: &random)!
            }
            let text = String(decoding: bytes, as: UTF8.self)
            if let seconds = HTTPDate.secondsSince1970(text, now: now) { #expect((0...253_402_300_799).contains(seconds)) }
        }
    }
}
