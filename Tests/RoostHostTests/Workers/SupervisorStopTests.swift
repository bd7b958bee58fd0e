import Testing

@testable import RoostHost

@Suite("A supervisor that is to stop")
struct SupervisorStopTests {
    @Test("lets its workers finish, tells how many requests are left, and ends with 0")
    func stop() {
        var supervision = Supervision.serving(2)
        supervision.at(59, .message(1, .alive(WorkerReport(connections: 9, requestsInFlight: 2))))
        supervision.at(59, .message(2, .alive(WorkerReport(requestsInFlight: 1))))
        supervision.tell([
            .init(60, .stop, "info: stopping", "STOPPING", "terminate 1", "terminate 2", "STATUS draining 3 requests"),
            .init(60, .message(1, .draining)), .init(60, .message(2, .draining)),
            .init(61, .message(2, .finished)),
            .init(61.5, .exited(2, .code(0)), "STATUS draining 2 requests"),
            .init(62, .message(1, .alive(WorkerReport(requestsInFlight: 1)))),
            .init(62.5, .tick, "STATUS draining 1 request"),
            .init(63, .scaleUp), .init(63, .upgrade, "warning: no upgrade: the service stops"),
            .init(64, .exited(1, .code(0)), "STATUS stopped", "end 0"),
        ])
    }

    @Test("cuts requests when it is asked again, kills when it is asked once more")
    func again() {
        var supervision = Supervision.serving(2)
        supervision.at(60, .stop)
        supervision.tell([
            .init(61, .stop, "warning: asked to stop again: requests in flight are cut", "force 1", "force 2"),
            .init(61, .exited(2, .code(0))),
            .init(62, .stop, "warning: asked to stop once more: 1 worker killed", "kill 1"),
            .init(62, .stop),
            .init(62, .exited(1, .signal(9, name: "SIGKILL")), "STATUS stopped", "end 0"),
        ])
    }

    @Test("kills what is left 5 seconds after requests were cut, even if shutdowns may take as long as they take")
    func afterForce() {
        var supervision = Supervision.serving(1) { $0.shutdownTimeout = nil }
        supervision.at(60, .stop)
        supervision.at(61, .stop)
        supervision.at(61, .message(1, .draining))
        #expect(supervision.wait(until: 65.9) == [])
        #expect(supervision.wait(until: 66) == ["error: worker 1 (pid 101) has not ended in time and is killed", "kill 1"])
    }

    @Test("kills a worker that does not end in time, and says so", arguments: [(Duration?.some(.seconds(60)), false, 152), (.some(.seconds(60)), true, 152), (nil, false, 92)])
    func ignored(_ shutdownTimeout: Duration?, isDraining: Bool, until second: Int) {
        var supervision = Supervision.serving(1) { $0.shutdownTimeout = shutdownTimeout }
        supervision.at(60, .stop)
        if isDraining { supervision.at(60, .message(1, .draining)) }
        #expect(supervision.wait(until: Double(second) - 0.1) == [])
        #expect(supervision.wait(until: Double(second)) == ["error: worker 1 (pid 101) has not ended in time and is killed", "kill 1"])
        #expect(supervision.at(Double(second), .exited(1, .signal(9, name: "SIGKILL"))) == ["STATUS stopped", "end 0"])
    }

    @Test("waits for a worker that drains, if its shutdown may take as long as it takes")
    func unlimited() {
        var supervision = Supervision.serving(1) { $0.shutdownTimeout = nil }
        supervision.at(60, .stop)
        supervision.at(61, .message(1, .draining))
        #expect(supervision.wait(until: 3600) == [])
        #expect(supervision.at(3600, .message(1, .finished)) == [])
        #expect(supervision.wait(until: 3605) == ["error: worker 1 (pid 101) has not ended in time and is killed", "kill 1"])
    }

    @Test("gives a process up that not even SIGKILL ends")
    func unkillable() {
        var supervision = Supervision.serving(1)
        supervision.at(60, .stop)
        supervision.at(61, .stop)
        supervision.at(62, .stop)
        #expect(supervision.wait(until: 72) == ["critical: worker 1 (pid 101) does not even end by SIGKILL and is given up", "STATUS stopped", "end 0"])
    }

    @Test("ends with 0 even if a worker dies meanwhile, which is told")
    func deathMeanwhile() {
        var supervision = Supervision.serving(2)
        supervision.at(60, .stop)
        supervision.tell([
            .init(61, .message(2, .failed(status: 1, errno: nil, reason: "shutdown failed")), "warning: worker 2 (pid 102) failed while it stopped: shutdown failed"),
            .init(61, .exited(2, .code(1))),
            .init(
                62, .exited(1, .signal(11, name: "SIGSEGV")), "warning: worker 1 (pid 101) killed by SIGSEGV while it stopped", "STATUS stopped", "end 0"),
        ])
    }

    @Test("after a failed start is not made to hurry by the first request")
    func afterFailure() {
        var supervision = Supervision(2)
        supervision.at(0, .start)
        for id in [1, 2] as [WorkerID] { supervision.at(0, .spawned(id, pid: 100)) }
        supervision.at(1, .exited(1, .code(1)))
        supervision.tell([
            .init(2, .stop, "info: the service stops already"),
            .init(3, .stop, "warning: asked to stop again: requests in flight are cut", "force 2"),
            .init(4, .exited(2, .code(0)), "end 3 worker 1 (pid 100) exited with status 1 before it had started"),
        ])
    }

    @Test("asks for more time until it ends")
    func moreTime() {
        var machine = Supervision.serving(1).machine
        #expect(machine.handle(.stop, at: .seconds(60)).contains(.extendTimeout(.seconds(10))))
        #expect(machine.nextDeadline == .seconds(61))
        #expect(machine.handle(.tick, at: .seconds(61)) == [.extendTimeout(.seconds(10))])
    }
}
