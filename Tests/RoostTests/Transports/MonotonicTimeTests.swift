import Testing

@testable import Roost

@Suite("Time on the event loop")
struct MonotonicTimeTests {
    @Test("durations become nanoseconds", arguments: [
        (Duration.zero, 0),
        (.nanoseconds(1), 1),
        (.milliseconds(1500), 1_500_000_000),
        (.seconds(75), 75_000_000_000),
        (.seconds(-1), 0),
        (.nanoseconds(-1), 0),
    ] as [(Duration, UInt64)])
    func nanoseconds(_ duration: Duration, _ expected: UInt64) {
        #expect(Nanoseconds(duration).count == expected)
    }

    @Test("durations that are too long for the clock count as the longest", arguments: [
        Duration.seconds(Int64.max),
        .seconds(18_446_744_073) + .nanoseconds(709_551_616),
        .seconds(18_446_744_073) + .nanoseconds(999_999_999),
        .seconds(18_446_744_074),
    ])
    func tooLong(_ duration: Duration) {
        #expect(Nanoseconds(duration).count == .max)
    }

    @Test("the longest duration that fits is exact")
    func longest() {
        #expect(Nanoseconds(.seconds(18_446_744_073) + .nanoseconds(709_551_614)).count == UInt64.max - 1)
    }

    @Test("a time plus nothing, or plus too much, never comes")
    func advanced() {
        let time = MonotonicTime(nanoseconds: 1000)
        #expect(time.advanced(by: Nanoseconds(count: 24)) == MonotonicTime(nanoseconds: 1024))
        #expect(time.advanced(by: nil) == .distantFuture)
        #expect(time.advanced(by: Nanoseconds(count: .max)) == .distantFuture)
        #expect(MonotonicTime.distantFuture.advanced(by: Nanoseconds(count: 1)) == .distantFuture)
    }

    @Test("the clock goes forward")
    func clock() {
        let first = MonotonicTime.coarseNow()
        #expect(first > MonotonicTime(nanoseconds: 0))
        #expect(MonotonicTime.coarseNow() >= first)
        #expect(first < .distantFuture)
    }
}
