import Testing

@testable import Roost

@Suite("The throttle on lines about refused clients")
struct LogThrottleTests {
    private func time(second: UInt64) -> MonotonicTime { MonotonicTime(nanoseconds: second * 1_000_000_000 + 5) }

    @Test("ten lines a second go through, and the next second's first says how many did not")
    func throttle() {
        var throttle = LogThrottle()
        for _ in 0..<10 { #expect(throttle.admit(at: time(second: 7)) == 0) }
        for _ in 0..<25 { #expect(throttle.admit(at: time(second: 7)) == nil) }
        #expect(throttle.admit(at: time(second: 8)) == 25)
        #expect(throttle.admit(at: time(second: 8)) == 0)
    }
}
