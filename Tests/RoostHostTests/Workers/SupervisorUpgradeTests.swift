import Testing

@testable import RoostHost

@Suite("An upgrade")
struct SupervisorUpgradeTests {
    @Test("lets a successor take over: the service manager is told, the old workers drain, the sockets stay")
    func upgrade() {
        var supervision = Supervision.serving(2)
        supervision.tell([
            .init(60, .upgrade, "start successor", "info: upgrading: starting a successor", "STATUS serving 1 bind, 2 workers; a successor starts"),
            .init(60, .upgrade, "warning: no upgrade: one is under way"),
            .init(
                65, .successorStarted(pid: 900), "info: the successor (pid 900) serves; the workers of this process drain", "MAINPID 900", "terminate 1", "terminate 2"),
            .init(66, .exited(1, .code(0))), .init(66, .successorFailed(reason: "late")),
            // The service manager's request to stop is meant for the successor too.
            .init(67, .stop, "info: the service stops already"),
            .init(68, .exited(2, .code(0)), "end 0 handed over"),
        ])
    }

    @Test("tells the service manager nothing more once the successor is the service")
    func silence() {
        var machine = Supervision.serving(1).machine
        _ = machine.handle(.upgrade, at: .seconds(60))
        let actions = machine.handle(.successorStarted(pid: 900), at: .seconds(61))
        #expect(actions.last == .terminate(1))
        #expect(machine.nextDeadline == .seconds(153))
    }

    @Test("that fails leaves everything as it is, and tells why")
    func failure() {
        var supervision = Supervision.serving(1)
        supervision.at(60, .upgrade)
        supervision.tell([
            .init(
                61, .successorFailed(reason: "exited with status 4"), "error: upgrade failed: exited with status 4; the old process goes on",
                "STATUS serving 1 bind, 1 worker; upgrade failed: exited with status 4, the old process goes on"),
            .init(62, .successorStarted(pid: 900)),
            .init(63, .upgrade, "start successor", "info: upgrading: starting a successor", "STATUS serving 1 bind, 1 worker; a successor starts"),
        ])
    }

    @Test("whose successor takes too long has failed")
    func timeout() {
        var supervision = Supervision.serving(1) { $0.startupTimeout = .seconds(10) }
        supervision.at(60, .upgrade)
        #expect(supervision.wait(until: 74) == [
            "abandon successor", "error: upgrade failed: the successor has not started in time; the old process goes on",
            "STATUS serving 1 bind, 1 worker; upgrade failed: the successor has not started in time, the old process goes on",
        ])
    }

    @Test("is refused while the service starts or reloads")
    func refused() {
        var starting = Supervision(1)
        starting.at(0, .start)
        starting.tell([.init(0, .upgrade, "warning: no upgrade: the service is still starting")])
        var reloading = Supervision.serving(1)
        reloading.at(60, .reload)
        reloading.tell([.init(60, .upgrade, "warning: no upgrade: a reload is under way")])
    }

    @Test("is given up for a stop")
    func stopped() {
        var supervision = Supervision.serving(1)
        supervision.at(60, .upgrade)
        supervision.tell([
            .init(61, .stop, "info: stopping", "abandon successor", "STOPPING", "terminate 1", "STATUS draining"),
            .init(61, .successorStarted(pid: 900)),
            .init(62, .exited(1, .code(0)), "STATUS stopped", "end 0"),
        ])
    }

    @Test("delays a reload until it has failed, and makes it needless otherwise")
    func reload() {
        var supervision = Supervision.serving(1)
        supervision.at(60, .upgrade)
        supervision.tell([.init(61, .reload, "info: a reload follows when what is under way is over"), .init(61, .reload)])
        var other = supervision
        #expect(supervision.at(62, .successorFailed(reason: "x")).contains("RELOADING"))
        #expect(other.at(62, .successorStarted(pid: 900)).contains("terminate 1"))
        #expect(other.at(63, .exited(1, .code(0))) == ["end 0 handed over"])
    }

    @Test("does not keep lost workers from being replaced")
    func loss() {
        var supervision = Supervision.serving(1)
        supervision.at(60, .upgrade)
        #expect(supervision.at(61, .exited(1, .code(1))).contains("spawn 2"))
    }
}
