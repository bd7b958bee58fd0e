import Testing

@testable import RoostHost

@Suite("The number of workers")
struct SupervisorScaleTests {
    @Test("goes up by one, and down by one, the newest first, but never to none")
    func scale() {
        var supervision = Supervision.serving(2)
        supervision.tell([
            .init(60, .scaleUp, "info: 3 workers instead of 2", "spawn 3", "STATUS serving 1 bind, 2 of 3 workers"),
            .init(60, .spawned(3, pid: 103)),
            .init(61, .message(3, .started(addresses: addresses)), "info: worker 3 (pid 103) serves", "STATUS serving 1 bind, 3 workers"),
            .init(62, .scaleDown, "info: 2 workers instead of 3", "terminate 3", "STATUS serving 1 bind, 2 workers"),
            .init(62, .scaleDown, "info: 1 worker instead of 2", "terminate 2", "STATUS serving 1 bind, 1 worker"),
            .init(62, .scaleDown, "info: there is 1 worker, the least there can be"),
            .init(63, .exited(3, .code(0))), .init(63, .exited(2, .code(0))),
        ])
    }

    @Test("stays within bounds when it goes up and down all the time")
    func bounds() {
        var supervision = Supervision.serving(2)
        for round in 0..<50 {
            for action in supervision.at(60, .scaleUp) where action.hasPrefix("spawn") {
                supervision.start(WorkerID(number: Int(action.dropFirst(6)) ?? 0), at: 60)
            }
            supervision.at(60, .scaleDown)
            #expect(supervision.machine.workers.count <= 7, "round \(round)")
        }
    }

    @Test("stays while workers are replaced, one at a time and by one that serves already, for what they have served")
    func requests() {
        var supervision = Supervision.serving(2) { $0.maxRequests = 1000 }
        supervision.tell([
            .init(60, .message(1, .alive(WorkerReport(requests: 999)))),
            .init(61, .message(1, .alive(WorkerReport(requests: 1004))), "info: worker 1 (pid 101) has served 1004 requests; another one takes its place", "spawn 3"),
            .init(61, .message(1, .alive(WorkerReport(requests: 1005)))),
            .init(61, .message(2, .alive(WorkerReport(requests: 2000)))),
            .init(61, .spawned(3, pid: 103)),
            .init(
                62, .message(3, .started(addresses: addresses)), "info: worker 3 (pid 103) serves", "terminate 1",
                "info: worker 2 (pid 102) has served 2000 requests; another one takes its place", "spawn 4"),
            .init(63, .exited(1, .code(0))),
        ])
    }

    @Test("stays while workers are replaced for their memory")
    func memory() {
        var supervision = Supervision.serving(1) { $0.maxResidentBytes = 512 << 20 }
        supervision.tell([
            .init(60, .resident(1, bytes: 512 << 20)),
            .init(61, .resident(1, bytes: 600 << 20), "info: worker 1 (pid 101) holds 600 MiB of memory; another one takes its place", "spawn 2"),
            .init(61, .resident(9, bytes: 600 << 20)),
        ])
    }

    @Test("stays while workers are replaced for their age, not all at the same time")
    func age() throws {
        var supervision = Supervision.serving(3) { $0.workerLifetime = .seconds(1000) }
        let lifetimes = supervision.machine.workers.compactMap(\.lifetime)
        #expect(Set(lifetimes).count == 3)
        #expect(lifetimes.allSatisfy { (.seconds(900) ... .seconds(1000)).contains($0) })
        let actions = supervision.wait(until: 1001)
        #expect(actions.count == 2 && actions[0].contains("old; another one takes its place") && actions[1] == "spawn 4")
        #expect(supervision.start(4, at: 1002).contains { $0.hasPrefix("terminate") })
    }

    @Test("of requests after which a worker is replaced differs from worker to worker")
    func jitter() {
        let supervision = Supervision.serving(20) { ($0.maxRequests, $0.maxRequestsJitter) = (1000, 500) }
        let limits = supervision.machine.workers.compactMap(\.requestLimit)
        #expect(limits.allSatisfy { (1000...1500).contains($0) })
        #expect(Set(limits).count > 10)
    }

    @Test("of workers goes down by the one that was to be replaced, if there is one")
    func replacedWhenFewer() {
        var supervision = Supervision.serving(2) { $0.maxRequests = 10 }
        supervision.at(60, .message(1, .alive(WorkerReport(requests: 10))))
        #expect(supervision.at(61, .scaleDown).filter { $0.hasPrefix("terminate") } == ["terminate 1"])
    }

    @Test("that wait for a substitute stays served when that one fails")
    func substituteFails() {
        var supervision = Supervision.serving(1) { $0.maxRequests = 10 }
        supervision.at(60, .message(1, .alive(WorkerReport(requests: 10))))
        supervision.at(60, .spawned(2, pid: 102))
        #expect(supervision.at(61, .exited(2, .code(1))) == ["error: worker 2 (pid 102) exited with status 1 before it had started; another one is started at once", "spawn 3"])
        supervision.at(61, .spawned(3, pid: 103))
        supervision.at(61, .exited(3, .code(1)))
        #expect(supervision.wait(until: 62) == ["spawn 4"])
        #expect(supervision.start(4, at: 62).contains("terminate 1"))
    }

    @Test("of log files that are reopened is that of all processes")
    func reopenLogs() {
        var supervision = Supervision.serving(2)
        supervision.at(60, .exited(1, .code(1)))
        supervision.tell([.init(60, .reopenLogs, "reopen logs [2]")])
    }
}
