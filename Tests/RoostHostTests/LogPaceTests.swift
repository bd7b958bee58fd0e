import Testing

@testable import RoostHost

@Suite("How long a log is waited for, and how often it is told what was lost")
struct LogPaceTests {
    private let begin = ContinuousClock.now

    @Test("is a moment out of each second")
    func patience() {
        var patience = LogPatience()
        #expect(patience.take(at: begin) == 20)
        #expect(patience.take(at: begin) == 0)
        #expect(patience.take(at: begin + .milliseconds(999)) == 0)
        #expect(patience.take(at: begin + .seconds(1)) == 20)
        #expect(patience.take(at: begin + .milliseconds(1999)) == 0)
    }

    @Test("is at once, and then once a second")
    func loss() {
        var pace = LossPace()
        #expect(pace.isDue(at: begin))
        pace.note(at: begin)
        #expect(!pace.isDue(at: begin + .milliseconds(999)))
        #expect(pace.isDue(at: begin + .seconds(1)))
    }
}
