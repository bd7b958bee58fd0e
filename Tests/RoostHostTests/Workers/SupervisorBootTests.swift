import Testing

@testable import RoostHost

@Suite("A supervisor starts")
struct SupervisorBootTests {
    @Test("its workers, and is ready when all of them serve")
    func boot() {
        var supervision = Supervision(2)
        supervision.tell([
            .init(0, .start, "info: starting 2 workers", "spawn 1", "spawn 2", "STATUS starting 2 workers"),
            .init(0, .spawned(1, pid: 101)),
            .init(0, .spawned(2, pid: 102)),
            .init(1, .message(2, .started(addresses: ["127.0.0.1:8000", "unix:/run/a.sock"])), "info: worker 2 (pid 102) serves"),
            .init(2, .message(2, .alive(WorkerReport(connections: 3)))),
            .init(
                3, .message(1, .started(addresses: ["127.0.0.1:8000", "unix:/run/a.sock"])),
                "info: worker 1 (pid 101) serves", "READY 127.0.0.1:8000 unix:/run/a.sock", "STATUS serving 2 binds, 2 workers, 3 connections"),
            .init(4, .message(1, .started(addresses: ["x"]))),
            .init(4, .start),
        ])
    }

    @Test("and asks for more time while it does")
    func moreTime() {
        var machine = Supervision(1).machine
        #expect(machine.nextDeadline == nil)
        #expect(machine.handle(.start, at: .seconds(5)).contains(.extendTimeout(.seconds(10))))
        #expect(machine.nextDeadline == .seconds(6))
        #expect(machine.handle(.spawned(1, pid: 7), at: .seconds(5)) == [.log(.debug, "worker 1 (pid 7) starts", metadata: ["worker": "1", "pid": "7"])])
        #expect(machine.handle(.tick, at: .seconds(6)) == [.extendTimeout(.seconds(10))])
        #expect(machine.nextDeadline == .seconds(7))
        _ = machine.handle(.message(1, .started(addresses: addresses)), at: .seconds(6))
        #expect(machine.nextDeadline == nil)
    }

    @Test(
        "not when one of them fails: all end, with that one's status, or 3, and its reason",
        arguments: [
            ([.message(1, .failed(status: 4, errno: nil, reason: "no app"))], "failed to start: no app", "4", "no app"),
            ([.message(1, .failed(status: 5, errno: 98, reason: "taken"))], "failed to start: taken", "5 errno 98", "taken"),
            ([.message(1, .failed(status: 77, errno: nil, reason: "odd"))], "failed to start: odd", "3", "odd"),
            ([.exited(1, .code(1))], "exited with status 1 before it had started", "3", nil),
            ([.exited(1, .code(0))], "exited with status 0 before it had started", "3", nil),
            ([.exited(1, .code(4))], "exited with status 4 before it had started", "4", nil),
            ([.exited(1, .signal(9, name: "SIGKILL"))], "killed by SIGKILL before it had started, perhaps out of memory", "3", nil),
            ([.message(1, .started(addresses: addresses)), .exited(1, .signal(11, name: "SIGSEGV"))], "killed by SIGSEGV", "3", nil),
            ([.message(1, .started(addresses: addresses)), .message(1, .draining)], "stops without having been asked", "3", nil),
        ] as [([SupervisorEvent], String, String, String?)])
    func failure(_ events: [SupervisorEvent], predicate: String, end: String, reason: String?) {
        var supervision = Supervision(2)
        supervision.at(0, .start)
        supervision.at(0, .spawned(1, pid: 101))
        supervision.at(0, .spawned(2, pid: 102))
        for event in events.dropLast() { supervision.at(1, event) }
        let reason = reason ?? "worker 1 (pid 101) \(predicate)"
        let failure = supervision.at(1, events[events.count - 1])
        #expect(failure == ["STOPPING", "terminate 2", "STATUS startup failed: \(reason)"])
        #expect(supervision.at(2, .exited(1, .code(0))) == [])
        let last = supervision.at(2, .exited(2, .code(0)))
        // One that did not exit has a process that is waited for.
        #expect(last.isEmpty || last == ["end \(end) \(reason)"])
        if last.isEmpty { #expect(supervision.at(3, .exited(1, .code(0))).last == "end \(end) \(reason)") }
        #expect(supervision.machine.nextDeadline == nil)
    }

    @Test("not when one cannot be spawned")
    func spawnFailure() {
        var supervision = Supervision(2)
        supervision.tell([
            .init(0, .start, "info: starting 2 workers", "spawn 1", "spawn 2", "STATUS starting 2 workers"),
            .init(
                0, .spawnFailed(1, reason: "no such file", errno: 2), "STOPPING",
                "STATUS startup failed: worker 1 cannot be started: no such file"),
            // The other one was not known yet to be there.
            .init(0, .spawned(2, pid: 102), "kill 2"),
            .init(1, .exited(2, .signal(9, name: "SIGKILL")), "end 3 errno 2 worker 1 cannot be started: no such file"),
        ])
    }

    @Test("not when one takes too long, which is killed")
    func timeout() {
        var supervision = Supervision(1) { $0.startupTimeout = .seconds(60) }
        supervision.at(0, .start)
        supervision.at(0, .spawned(1, pid: 101))
        #expect(supervision.wait(until: 61.9) == [])
        #expect(supervision.wait(until: 62) == [
            "kill 1", "STOPPING", "STATUS startup failed: worker 1 (pid 101) has not started in time and is killed",
        ])
        #expect(supervision.at(63, .exited(1, .signal(9, name: "SIGKILL"))) == ["end 3 worker 1 (pid 101) has not started in time and is killed"])
    }

    @Test("and is stopped before it is ready: that was asked for")
    func stop() {
        var supervision = Supervision(1)
        supervision.tell([
            .init(0, .start, "info: starting 1 worker", "spawn 1", "STATUS starting 1 worker"),
            .init(0, .spawned(1, pid: 101)),
            .init(1, .stop, "info: stopping", "STOPPING", "terminate 1", "STATUS draining"),
            .init(1, .message(1, .started(addresses: addresses))),
            .init(2, .exited(1, .signal(15, name: "SIGTERM")), "STATUS stopped", "end 0"),
            .init(3, .start),
            .init(3, .stop),
        ])
    }

    @Test("and was stopped with all its workers, who heard of it first", arguments: [.exited(1, .signal(15, name: "SIGTERM")), .exited(1, .code(0))] as [SupervisorEvent])
    func stopOfAll(_ event: SupervisorEvent) {
        var supervision = Supervision(2)
        supervision.at(0, .start)
        for id in [1, 2] as [WorkerID] { supervision.at(0, .spawned(id, pid: 100)) }
        #expect(supervision.at(1, event).last?.hasPrefix("STATUS startup failed: worker 1 (pid 100) ") == true)
        #expect(supervision.at(1, .stop) == ["info: the service stops already", "STATUS draining"])
        #expect(supervision.at(2, .exited(2, .signal(15, name: "SIGTERM"))) == ["STATUS stopped", "end 0"])
    }

    @Test("and ends at once when it is stopped before it has begun")
    func stopBeforeStart() {
        var supervision = Supervision(1)
        supervision.tell([.init(0, .reload), .init(0, .scaleUp), .init(0, .upgrade), .init(0, .stop, "info: stopping", "STOPPING", "STATUS stopped", "end 0")])
    }

    @Test("as many workers as it is told to meanwhile")
    func scale() {
        var supervision = Supervision(2)
        supervision.at(0, .start)
        supervision.tell([
            .init(0, .spawned(1, pid: 101)), .init(0, .spawned(2, pid: 102)),
            .init(1, .scaleUp, "info: 3 workers instead of 2", "spawn 3", "STATUS starting 3 workers"),
            .init(1, .spawned(3, pid: 103)),
            .init(2, .scaleDown, "info: 2 workers instead of 3", "terminate 3", "STATUS starting 2 workers"),
            .init(3, .message(1, .started(addresses: addresses)), "info: worker 1 (pid 101) serves"),
            .init(4, .message(2, .started(addresses: addresses)), "info: worker 2 (pid 102) serves", "READY 127.0.0.1:8000", "STATUS serving 1 bind, 2 workers"),
        ])
    }
}
