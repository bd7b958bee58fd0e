import CLinux
import Glibc
import Testing

@testable import Roost

@Suite("The event loop's executor", .timeLimit(.minutes(1)))
struct LoopExecutorTests {
    private func withLoop(_ body: (LoopExecutor) throws -> Void) rethrows {
        let loop = LoopExecutor(wakeDescriptor: eventfd(0, Int32(EFD_NONBLOCK)))
        loop.attach()
        defer { loop.end() }
        try body(loop)
    }

    /// What a participant was told, in the order of all.
    private final class Participant: LoopParticipant {
        private let action: () -> Void
        init(_ action: @escaping () -> Void) { self.action = action }
        func settle() { action() }
    }

    @Test("tasks run in the order in which they were started, in one round, on the loop's thread")
    func order() {
        withLoop { loop in
            let ran = Watched<[String]>([])
            let thread = threadNumber()
            for number in 0..<5 {
                Task(executorPreference: loop) {
                    ran.change { $0.append("\(number) \(threadNumber() == thread)") }
                }
            }
            #expect(ran.value == [])
            loop.runReady()
            #expect(ran.value == (0..<5).map { "\($0) true" })
            #expect(!loop.hasReadyJobs)
        }
    }

    @Test("what a task starts or yields to runs in the same round, up to a budget")
    func sameRound() {
        withLoop { loop in
            let (steps, stop) = (Watched(0), Gate())
            Task(executorPreference: loop) {
                while !stop.isOpen {
                    steps.add()
                    await Task.yield()
                }
            }
            loop.runReady()
            let first = steps.value
            #expect(first > 1 && first <= 2048)
            #expect(loop.hasReadyJobs)
            loop.runReady()
            #expect(steps.value > first)
            stop.open()
            loop.runReady()
            #expect(!loop.hasReadyJobs)
        }
    }

    @Test("participants settle once the jobs have run, and what settling makes ready waits for the next round")
    func settling() {
        withLoop { loop in
            let events = Watched<[String]>([])
            let participant = Participant {
                events.change { $0.append("settled") }
                Task(executorPreference: loop) { events.change { $0.append("made ready") } }
            }
            Task(executorPreference: loop) { events.change { $0.append("job") } }
            loop.noteChange(of: participant)
            loop.runReady()
            #expect(events.value == ["job", "settled"])
            #expect(loop.hasReadyJobs)
            loop.runReady()
            #expect(events.value == ["job", "settled", "made ready"])
        }
    }

    @Test("a round within a round does nothing")
    func nested() {
        withLoop { loop in
            let events = Watched<[String]>([])
            Task(executorPreference: loop) {
                loop.runReady()
                events.change { $0.append("first") }
            }
            Task(executorPreference: loop) { events.change { $0.append("second") } }
            loop.runReady()
            #expect(events.value == ["first", "second"])
        }
    }

    @Test("work from the loop's own thread is done at once, work from another when the loop looks for it")
    func execute() async throws {
        let loop = LoopExecutor(wakeDescriptor: eventfd(0, Int32(EFD_NONBLOCK)))
        let done = Watched(0)
        #expect(!loop.isCurrent)
        for _ in 0..<3 { loop.execute { done.add() } }
        let task = Task(executorPreference: loop) {
            done.add()
            return loop.isCurrent
        }
        #expect(done.value == 0)
        try await onClientThread {
            loop.attach()
            #expect(loop.isCurrent)
            loop.takeInbox()
            #expect(done.value == 3)
            loop.runReady()
            #expect(done.value == 4)
            loop.execute { done.add() }
            #expect(done.value == 5)
            loop.end()
            #expect(!loop.isCurrent)
        }
        #expect(await task.value)
    }

    @Test("once a loop has ended, whoever was waiting for it goes on")
    func afterEnd() async throws {
        let loop = LoopExecutor(wakeDescriptor: eventfd(0, Int32(EFD_NONBLOCK)))
        let gate = Gate()
        let left = Task(executorPreference: loop) { await gate.opened() }
        try await onClientThread {
            loop.attach()
            loop.takeInbox()
            loop.runReady()
            loop.end()
        }
        gate.open()
        await left.value
        await Task(executorPreference: loop) {}.value
        await withCheckedContinuation { continuation in loop.execute { continuation.resume() } }
    }
}
