import Testing

@testable import RoostHost

@Suite("A reload")
struct SupervisorReloadTests {
    @Test("starts new workers, and lets the old ones drain when all new ones serve")
    func reload() {
        var supervision = Supervision.serving(2)
        supervision.tell([
            .init(60, .reload, "RELOADING", "info: reloading: starting 2 new workers", "spawn 3", "spawn 4", "STATUS reloading: 0 of 2 new workers ready"),
            .init(60, .spawned(3, pid: 103)), .init(60, .spawned(4, pid: 104)),
            .init(62, .message(4, .started(addresses: addresses)), "info: worker 4 (pid 104) serves", "STATUS reloading: 1 of 2 new workers ready"),
            .init(
                63, .message(3, .started(addresses: addresses)), "info: worker 3 (pid 103) serves", "terminate 1", "terminate 2", "RELOADED",
                "info: reloaded: served by 2 new workers", "STATUS serving 1 bind, 2 workers"),
            .init(64, .message(1, .draining)),
            .init(65, .exited(1, .code(0))), .init(65, .exited(2, .signal(15, name: "SIGTERM"))),
        ])
        #expect(supervision.machine.nextDeadline == nil)
    }

    @Test(
        "that fails leaves the old workers, and tells why until the next one",
        arguments: [
            (.message(3, .failed(status: 3, errno: nil, reason: "no database")), "failed to start: no database", "no database", nil),
            (.exited(3, .code(1)), "exited with status 1 before it had started", nil, nil),
            (.channelClosed(3, reason: "there is no kind 9"), "sent over its control socket what it should not: there is no kind 9", nil, "kill 3"),
        ] as [(SupervisorEvent, String, String?, String?)])
    func failure(_ event: SupervisorEvent, predicate: String, reason: String?, kill: String?) {
        var supervision = Supervision.serving(2)
        supervision.at(60, .reload)
        supervision.start(4, at: 60)
        supervision.at(60, .spawned(3, pid: 103))
        let notice = "reload failed: \(reason ?? "worker 3 (pid 103) \(predicate)"), the old workers go on"
        #expect(supervision.at(61, event) == [kill].compactMap(\.self) + [
            "terminate 4", "error: reload failed: worker 3 (pid 103) \(predicate); the old workers go on", "RELOADED", "STATUS serving 1 bind, 2 workers; \(notice)",
        ])
        supervision.at(62, .exited(3, .code(3)))
        supervision.at(62, .exited(4, .code(0)))
        #expect(supervision.at(70, .message(1, .alive(WorkerReport(connections: 1)))) == ["STATUS serving 1 bind, 2 workers, 1 connection; \(notice)"])
        #expect(supervision.at(80, .reload).last == "STATUS reloading: 0 of 2 new workers ready")
    }

    @Test("whose workers take too long has failed, and they are killed")
    func timeout() {
        var supervision = Supervision.serving(1) { $0.startupTimeout = .seconds(10) }
        supervision.at(60, .reload)
        supervision.at(60, .spawned(2, pid: 102))
        #expect(supervision.wait(until: 72) == [
            "kill 2", "error: reload failed: worker 2 (pid 102) has not started in time and is killed; the old workers go on", "RELOADED",
            "STATUS serving 1 bind, 1 worker; reload failed: worker 2 (pid 102) has not started in time and is killed, the old workers go on",
        ])
        #expect(supervision.at(72, .exited(2, .signal(9, name: "SIGKILL"))) == [])
    }

    @Test("that is asked for again meanwhile is done once more, however often it was")
    func coalesced() {
        var supervision = Supervision.serving(1)
        supervision.at(60, .reload)
        supervision.tell([.init(60, .reload, "info: a reload follows when what is under way is over"), .init(60, .reload)])
        #expect(supervision.start(2, at: 61) == [
            "info: worker 2 (pid 102) serves", "terminate 1", "RELOADED", "info: reloaded: served by 1 new worker", "RELOADING",
            "info: reloading: starting 1 new worker", "spawn 3",
        ])
        #expect(supervision.start(3, at: 62).contains("RELOADED"))
        #expect(supervision.at(63, .exited(1, .code(0))) == [])
        #expect(supervision.at(63, .exited(2, .code(0))) == [])
        #expect(supervision.machine.nextDeadline == nil)
    }

    @Test("during the start is done after it")
    func duringBoot() {
        var supervision = Supervision(1)
        supervision.at(0, .start)
        supervision.tell([.init(0, .reload, "info: a reload follows when what is under way is over")])
        #expect(supervision.start(1, at: 1) == [
            "info: worker 1 (pid 101) serves", "READY 127.0.0.1:8000", "RELOADING", "info: reloading: starting 1 new worker", "spawn 2",
            "STATUS reloading: 0 of 1 new worker ready",
        ])
    }

    @Test("while the service stops is none")
    func whileStopping() {
        var supervision = Supervision.serving(1)
        supervision.at(60, .stop)
        supervision.tell([.init(60, .reload, "info: no reload: the service stops")])
    }

    @Test("that is interrupted by a stop ends with it")
    func stopped() {
        var supervision = Supervision.serving(1)
        supervision.at(60, .reload)
        supervision.tell([
            .init(60, .spawned(2, pid: 102)),
            .init(61, .stop, "info: stopping", "STOPPING", "terminate 1", "terminate 2", "STATUS draining"),
            .init(62, .exited(2, .signal(15, name: "SIGTERM"))),
            .init(62, .exited(1, .code(0)), "STATUS stopped", "end 0"),
        ])
    }

    @Test("does not replace old workers that are lost, unless it fails")
    func lossOfOld() {
        var supervision = Supervision.serving(2)
        supervision.at(60, .reload)
        supervision.at(60, .spawned(3, pid: 103))
        supervision.tell([
            .init(61, .exited(1, .code(1)), "error: worker 1 (pid 101) exited with status 1; the new workers are on their way"),
            .init(
                62, .exited(3, .code(1)), "error: reload failed: worker 3 (pid 103) exited with status 1 before it had started; the old workers go on", "RELOADED",
                "spawn 5", "STATUS serving 1 bind, 1 of 2 workers; reload failed: worker 3 (pid 103) exited with status 1 before it had started, the old workers go on"),
        ])
    }

    @Test("starts as many as there is room for while earlier ones drain")
    func room() {
        var supervision = Supervision.serving(2)
        supervision.at(60, .reload)
        supervision.start(3, at: 61)
        supervision.start(4, at: 61)
        #expect(supervision.at(62, .reload).filter { $0.hasPrefix("spawn") } == ["spawn 5"])
        #expect(supervision.at(63, .exited(1, .code(0))) == ["spawn 6"])
        supervision.start(5, at: 64)
        #expect(supervision.start(6, at: 64).contains("terminate 3"))
    }

    @Test("brings as many workers as are wanted by then")
    func scaled() {
        var supervision = Supervision.serving(2)
        supervision.at(60, .reload)
        #expect(supervision.at(60, .scaleUp) == ["info: 3 workers instead of 2", "spawn 5", "STATUS reloading: 0 of 3 new workers ready"])
        for id in [3, 4] as [WorkerID] { supervision.start(id, at: 61) }
        #expect(supervision.start(5, at: 61).suffix(3) == ["RELOADED", "info: reloaded: served by 3 new workers", "STATUS serving 1 bind, 3 workers"])
    }
}
