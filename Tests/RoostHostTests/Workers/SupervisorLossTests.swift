import Testing

@testable import RoostHost

@Suite("A worker that is lost")
struct SupervisorLossTests {
    @Test(
        "is named with what happened, and another one is started at once",
        arguments: [
            ([.exited(2, .code(7))], "error: worker 2 (pid 102) exited with status 7"),
            ([.exited(2, .signal(9, name: "SIGKILL"))], "error: worker 2 (pid 102) killed by SIGKILL, perhaps out of memory"),
            ([.exited(2, .signal(11, name: "SIGSEGV"))], "error: worker 2 (pid 102) killed by SIGSEGV"),
            ([.channelClosed(2, reason: nil), .exited(2, .code(1))], "error: worker 2 (pid 102) exited with status 1"),
            ([.message(2, .failed(status: 1, errno: nil, reason: "boom"))], "error: worker 2 (pid 102) failed: boom"),
        ] as [([SupervisorEvent], String)])
    func crash(_ events: [SupervisorEvent], line: String) {
        var supervision = Supervision.serving(2)
        for event in events.dropLast() { #expect(supervision.at(60, event) == []) }
        let actions = supervision.at(60, events[events.count - 1])
        #expect(actions == ["\(line); another one is started at once", "spawn 3", "STATUS serving 1 bind, 1 of 2 workers"])
        #expect(supervision.start(3, at: 61) == ["info: worker 3 (pid 103) serves", "STATUS serving 1 bind, 2 workers"])
    }

    @Test("carries its number and pid into the log")
    func metadata() {
        var machine = Supervision.serving(1).machine
        let actions = machine.handle(.exited(1, .code(7)), at: .seconds(60))
        #expect(actions.first == .log(.error, "worker 1 (pid 101) exited with status 7; another one is started at once", metadata: ["worker": "1", "pid": "101"]))
    }

    @Test("unasked but in good order is replaced too, a little later", arguments: [.exited(1, .code(0)), .exited(1, .signal(15, name: "SIGTERM")), .message(1, .draining), .message(1, .finished)] as [SupervisorEvent])
    func orderly(_ event: SupervisorEvent) {
        var supervision = Supervision.serving(2)
        let actions = supervision.at(60, event)
        #expect(actions.count == 2)
        #expect(actions.first?.hasPrefix("warning: worker 1 (pid 101) ") == true)
        #expect(actions.first?.hasSuffix("; another one is started in 250ms") == true)
        #expect(supervision.wait(until: 60.2) == [])
        #expect(supervision.wait(until: 60.3) == ["spawn 3"])
    }

    @Test("because all were told to stop is not replaced when the supervisor hears of that")
    func group() {
        var supervision = Supervision.serving(1)
        supervision.at(60, .message(1, .draining))
        #expect(supervision.at(60.1, .stop) == ["info: stopping", "STOPPING", "STATUS draining"])
        #expect(supervision.at(61, .exited(1, .code(0))) == ["STATUS stopped", "end 0"])
    }

    @Test("again and again is replaced ever later, for as long as another one serves")
    func backOff() {
        var supervision = Supervision.serving(2)
        var second = 60.0
        supervision.at(second, .exited(2, .code(1)))
        for (number, delay) in zip(3..., ["500ms", "1s", "2s", "4s", "8s", "16s", "30s", "30s", "30s"]) {
            let id = WorkerID(number: number)
            supervision.at(second, .spawned(id, pid: 200))
            let lost = supervision.at(second, .exited(id, .code(1)))
            #expect(lost == ["error: \(id) (pid 200) exited with status 1 before it had started; another one is started in \(delay)"])
            second += Double(TimeText(delay)?.milliseconds ?? 0) / 1000
            #expect(supervision.wait(until: second - 0.01) == [])
            #expect(supervision.wait(until: second) == ["spawn \(number + 1)"])
        }
        supervision.start(12, at: second)
        #expect(supervision.at(second + 10, .exited(12, .code(1))).first?.hasSuffix("at once") == true)
    }

    @Test("for the fifth time in a row with none serving ends the supervisor, never with 0")
    func crashLoop() {
        var supervision = Supervision.serving(1)
        supervision.at(60, .exited(1, .code(0)))
        for number in 2...4 {
            _ = supervision.wait(until: 60 + Double(number) * 10)
            supervision.at(supervision.second, .spawned(WorkerID(number: number), pid: 200))
            supervision.at(supervision.second, .exited(WorkerID(number: number), .code(0)))
        }
        _ = supervision.wait(until: 120)
        supervision.at(120, .spawned(5, pid: 200))
        let reason = "no worker stays up; the last one, worker 5 (pid 200), exited with status 0 before it had started"
        #expect(supervision.at(120, .exited(5, .code(0))) == ["critical: \(reason)", "STOPPING", "STATUS failed: \(reason)", "end 3 \(reason)"])
    }

    @Test("together with others is one failure in a row, and the last one's words decide how the supervisor ends")
    func crashLoopOfSeveral() {
        var supervision = Supervision.serving(3)
        var ids: [WorkerID] = [1, 2, 3]
        var actions: [String] = []
        for round in 1...5 {
            actions = []
            for id in ids {
                actions += supervision.at(supervision.second, .message(id, .failed(status: 5, errno: 98, reason: "taken")))
                actions += supervision.at(supervision.second, .exited(id, .code(5)))
            }
            guard round < 5 else { break }
            actions += supervision.wait(until: supervision.second + 10)
            ids = actions.filter { $0.hasPrefix("spawn") }.map { WorkerID(number: Int($0.dropFirst(6)) ?? 0) }
            #expect(ids.count == 3)
            for id in ids { supervision.start(id, at: supervision.second) }
        }
        #expect(actions.last?.hasPrefix("end 5 errno 98 no worker stays up; the last one, worker 1") == true)
    }

    @Test("because it is silent is killed, and named with its loop")
    func silence() {
        var supervision = Supervision.serving(2) { $0.timeout = .seconds(30) }
        supervision.at(20, .message(1, .alive(WorkerReport())))
        supervision.at(20, .message(2, .alive(WorkerReport(silence: .seconds(10), silentLoop: "the app's event loop"))))
        #expect(supervision.machine.silentWorker(at: .seconds(20), after: .seconds(10)) == nil)
        #expect(supervision.machine.silentWorker(at: .seconds(20), after: .seconds(9)) == "worker 2 (pid 102): the app's event loop has not answered for 10s")
        #expect(supervision.machine.silentWorker(at: .seconds(40), after: .seconds(9)) == "worker 1 (pid 101): it has not answered for 20s")
        #expect(supervision.at(40, .message(2, .alive(WorkerReport(silence: .seconds(31), silentLoop: "the app's event loop")))) == [
            "kill 2", "error: worker 2 (pid 102) is killed: the app's event loop has not answered for 31s; another one is started at once", "spawn 3",
            "STATUS serving 1 bind, 1 of 2 workers",
        ])
        #expect(supervision.at(40, .exited(2, .signal(9, name: "SIGKILL"))) == [])
        supervision.start(3, at: 45)
        #expect(supervision.wait(until: 50) == [
            "kill 1", "error: worker 1 (pid 101) is killed: it has not answered for 30s; another one is started at once", "spawn 4",
            "STATUS serving 1 bind, 1 of 2 workers",
        ])
        #expect(supervision.machine.silentWorker(at: .seconds(50), after: .seconds(9)) == nil)
    }

    @Test("is not one that could not be heard because the supervisor did not run")
    func lateSupervisor() {
        var supervision = Supervision.serving(2) { $0.timeout = .seconds(30) }
        #expect(supervision.machine.nextDeadline == .seconds(31))
        #expect(supervision.at(300, .message(1, .alive(WorkerReport()))) == [])
        #expect(supervision.machine.silentWorker(at: .seconds(301), after: .seconds(2)) == nil)
        #expect(supervision.machine.nextDeadline == .seconds(330))
        #expect(supervision.at(330, .message(1, .alive(WorkerReport()))).first == "kill 2")
    }

    @Test("because of what it says over its control socket finishes its requests")
    func junk() {
        var supervision = Supervision.serving(1)
        supervision.tell([
            .init(
                60, .channelClosed(1, reason: "there is no kind 71"), "terminate 1",
                "error: worker 1 (pid 101) sent over its control socket what it should not: there is no kind 71; another one is started at once", "spawn 2",
                "STATUS serving 1 bind, 0 of 1 worker"),
            .init(61, .exited(1, .code(0))),
        ])
    }

    @Test("because its control socket is closed has a moment to exit")
    func closed() {
        var supervision = Supervision.serving(1)
        #expect(supervision.at(60, .channelClosed(1, reason: nil)) == [])
        #expect(supervision.wait(until: 62).prefix(2) == [
            "terminate 1", "error: worker 1 (pid 101) closed its control socket and goes on; another one is started at once",
        ])
        #expect(supervision.at(63, .channelClosed(1, reason: nil)) == [])
        supervision.at(63, .spawned(2, pid: 102))
        #expect(supervision.at(63, .channelClosed(2, reason: "x")).first == "kill 2")
    }
}

extension Supervision {
    var second: Double { Double(now.components.seconds) + Double(now.components.attoseconds) / 1e18 }
}
