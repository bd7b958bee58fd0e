import Testing

@testable import RoostHost

@Suite("Times as operators write them")
struct TimeTextTests {
    @Test("are read with and without units", arguments: [
        ("30", 30_000), ("30s", 30_000), ("500ms", 500), ("1m30s", 90_000), ("1h", 3_600_000), ("1.5s", 1500), ("0.25", 250),
        ("1d2h3m4s5ms", 93_784_005), ("0", 0), ("0s", 0), ("365d", TimeText.longest), ("1h5ms", 3_600_005),
    ] as [(String, Int64)])
    func read(_ text: String, _ milliseconds: Int64) {
        #expect(TimeText(text)?.milliseconds == milliseconds)
    }

    @Test("are refused when they are not unmistakable", arguments: [
        "", " ", "-1", "+1", "1 s", "s", "1x", "30S", "1m1m", "30s1m", "1m30", "1..5s", ".5s", "5.", "0.0001s", "1e3", "366d",
        "99999999999999999999", "365d1ms", "0x10", "off", "١s", "30s ", "1\u{0}s",
    ])
    func refuse(_ text: String) {
        #expect(TimeText(text) == nil)
    }

    @Test("are shown as they would be written", arguments: ["0s", "1ms", "1m15s", "2h", "1d1ms", "365d", "1m30s500ms"])
    func show(_ text: String) throws {
        #expect(try #require(TimeText(text)).description == text)
    }

    @Test("survive the way to a duration and back", arguments: [0, 1, 999, 1000, 61_001, TimeText.longest])
    func durations(_ milliseconds: Int64) throws {
        let time = try #require(TimeText(milliseconds: milliseconds))
        #expect(TimeText(time.duration) == time)
    }

    @Test("are taken from numbers of seconds in files, but never from nonsense")
    func seconds() {
        #expect(TimeText(seconds: 5)?.milliseconds == 5000)
        #expect(TimeText(seconds: 0.25)?.milliseconds == 250)
        for nonsense in [-1, .nan, .infinity, 1e300, 0.00001] { #expect(TimeText(seconds: nonsense) == nil) }
    }
}
