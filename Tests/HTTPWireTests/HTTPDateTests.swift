import Glibc
import HTTPWire
import SeededRandom
import Testing

@Suite("A date")
struct HTTPDateTests {
    @Test(
        "is written as HTTP wants it",
        arguments: [
            (0, "Thu, 01 Jan 1970 00:00:00 GMT"), (784_111_777, "Sun, 06 Nov 1994 08:49:37 GMT"), (68_169_599, "Mon, 28 Feb 1972 23:59:59 GMT"), (68_169_600, "Tue, 29 Feb 1972 00:00:00 GMT"),
            (951_782_400, "Tue, 29 Feb 2000 00:00:00 GMT"), (951_868_800, "Wed, 01 Mar 2000 00:00:00 GMT"), (978_307_199, "Sun, 31 Dec 2000 23:59:59 GMT"),
            (1_709_164_800, "Thu, 29 Feb 2024 00:00:00 GMT"), (2_147_483_647, "Tue, 19 Jan 2038 03:14:07 GMT"), (2_147_483_648, "Tue, 19 Jan 2038 03:14:08 GMT"),
            (4_107_542_399, "Sun, 28 Feb 2100 23:59:59 GMT"), (4_107_542_400, "Mon, 01 Mar 2100 00:00:00 GMT"), (253_402_300_799, "Fri, 31 Dec 9999 23:59:59 GMT"),
            // Out of range: the nearest that can be written.
            (-1, "Thu, 01 Jan 1970 00:00:00 GMT"), (.min, "Thu, 01 Jan 1970 00:00:00 GMT"), (253_402_300_800, "Fri, 31 Dec 9999 23:59:59 GMT"), (.max, "Fri, 31 Dec 9999 23:59:59 GMT"),
        ] as [(Int64, String)]
    )
    func known(_ seconds: Int64, _ text: String) {
        #expect(HTTPDate(secondsSince1970: seconds).description == text)
        var buffer = WireBuffer()
        buffer.append("a")
        buffer.append(HTTPDate(secondsSince1970: seconds))
        buffer.append("b")
        #expect(buffer.text == "a\(text)b")
    }

    @Test("agrees with the C library on every day from 1970 to 2400 and on random times")
    func againstLibrary() {
        var generator = SeededGenerator(seed: 6)
        var times = (0..<157_000).map { Int64($0) * 86400 }
        times += (0..<1000).map { _ in Int64.random(in: 0...253_402_300_799, using: &generator) }
        for seconds in times {
            var time = time_t(seconds)
            var parts = tm()
            gmtime_r(&time, &parts)
            var text = [CChar](repeating: 0, count: 64)
            strftime(&text, text.count, "%a, %d %b %Y %H:%M:%S GMT", &parts)
            let expected = text.withUnsafeBufferPointer { $0.baseAddress.map(String.init(cString:)) }
            guard HTTPDate(secondsSince1970: seconds).description == expected else {
                Issue.record("\(seconds): \(HTTPDate(secondsSince1970: seconds)), expected \(expected ?? "")")
                return
            }
        }
    }

    @Test("is equal to itself only")
    func equality() {
        #expect(HTTPDate(secondsSince1970: 5) == HTTPDate(secondsSince1970: 5))
        #expect(HTTPDate(secondsSince1970: 5) != HTTPDate(secondsSince1970: 6))
    }
}
