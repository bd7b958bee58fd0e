import Testing

@testable import Roost

@Suite("The timer queue")
struct TimerQueueTests {
    private func time(_ nanoseconds: UInt64) -> MonotonicTime { MonotonicTime(nanoseconds: nanoseconds) }
    private func key(_ slot: UInt32) -> ConnectionKey { ConnectionKey(slot: slot, generation: 1) }

    /// Everything due at `now`, as text.
    private func takeAll(_ queue: inout TimerQueue, at now: UInt64) -> [String] {
        var taken: [String] = []
        while let due = queue.takeDue(at: time(now)) {
            switch due {
            case .connection(let key): taken.append("connection \(key.slot)")
            case .work(let action):
                taken.append("work")
                action()
            }
        }
        return taken
    }

    @Test("an empty queue is due never")
    func empty() {
        var queue = TimerQueue()
        #expect(queue.next == .distantFuture)
        #expect(takeAll(&queue, at: .max).isEmpty)
    }

    @Test("what is due comes out soonest first, whatever the order it went in")
    func order() {
        var queue = TimerQueue()
        for deadline in [50, 10, 40, 20, 30] as [UInt32] { queue.add(key(deadline), at: time(UInt64(deadline))) }
        #expect(queue.next == time(10))
        #expect(takeAll(&queue, at: 30) == ["connection 10", "connection 20", "connection 30"])
        #expect(queue.next == time(40))
        #expect(takeAll(&queue, at: 39).isEmpty)
        #expect(takeAll(&queue, at: 50) == ["connection 40", "connection 50"])
    }

    @Test("work runs once")
    func work() {
        var queue = TimerQueue()
        let runs = Watched(0)
        _ = queue.add(at: time(5)) { runs.add() }
        #expect(takeAll(&queue, at: 4).isEmpty)
        #expect(takeAll(&queue, at: 5) == ["work"])
        #expect(takeAll(&queue, at: 100).isEmpty)
        #expect(runs.value == 1)
    }

    @Test("cancelled work does not run, and what is behind it does")
    func cancel() {
        var queue = TimerQueue()
        let identifier = queue.add(at: time(1)) { Issue.record("it was cancelled") }
        queue.add(key(2), at: time(2))
        queue.cancel(identifier)
        queue.cancel(identifier)
        queue.cancel(12345)
        #expect(takeAll(&queue, at: 10) == ["connection 2"])
        #expect(queue.next == .distantFuture)
    }

    @Test("entries of connections that are gone are thrown away once they outnumber the others; the others stay")
    func compaction() {
        var queue = TimerQueue()
        let runs = Watched(0)
        for slot in 0..<5000 as Range<UInt32> { queue.add(key(slot), at: time(UInt64(slot))) }
        _ = queue.add(at: time(7000)) { runs.add() }
        let cancelled = queue.add(at: time(6000)) { Issue.record("it was cancelled") }
        queue.cancel(cancelled)
        for _ in 0..<4000 { queue.noteStale { $0.slot >= 4000 } }
        #expect(queue.next >= time(2000))
        let taken = takeAll(&queue, at: 10000)
        #expect(taken.suffix(1001) == (4000..<5000).map { "connection \($0)" } + ["work"])
        #expect(runs.value == 1)
    }

    @Test("a deadline that never comes is never due")
    func distantFuture() {
        var queue = TimerQueue()
        queue.add(key(1), at: .distantFuture)
        #expect(takeAll(&queue, at: .max - 1).isEmpty)
    }
}
