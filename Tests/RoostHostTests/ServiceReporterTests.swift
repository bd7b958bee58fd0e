import Roost
import Synchronization
import Testing

@testable import RoostHost
@testable import Systemd

@Suite("What the service manager is told")
struct ServiceReporterTests {
    /// Stands for the manager's socket.
    private final class Manager: Sendable {
        let messages = Mutex<[[NotifyState]]>([])
        let counts = Mutex(ServiceCounts())
        let answer: NotifyResult

        init(_ answer: NotifyResult = .sent) {
            self.answer = answer
        }

        func reporter(beat: Duration = .seconds(3600), startup: Duration? = .seconds(60), watchdog: Duration? = nil) -> ServiceReporter {
            var config = Config()
            config.startupTimeout = startup
            let rhythm = ServiceReporter.Rhythm(waiting: beat, serving: beat, extension: .seconds(10))
            let manager = ServiceManager(logger: nil) { states in
                self.messages.withLock { $0.append(states) }
                return self.answer
            }
            return ServiceReporter(timeouts: PhaseTimeouts(config), rhythm: rhythm, watchdog: watchdog, manager: manager)
        }

        var heard: [[NotifyState]] { messages.withLock { $0 } }

        func currentCounts() -> ServiceCounts { counts.withLock { $0 } }

        /// Waits for a message that `isWanted`, for a minute at most.
        func waits(for isWanted: ([NotifyState]) -> Bool) async throws -> Bool {
            for _ in 0..<6000 {
                if heard.contains(where: isWanted) { return true }
                try await Task.sleep(for: .milliseconds(10))
            }
            return false
        }
    }

    private let binds = [
        BoundAddress(endpoint: Endpoint(host: "127.0.0.1", port: 8000)), BoundAddress(endpoint: Endpoint(host: "/run/a.sock", port: nil)),
    ]

    @Test("a whole life: more time, READY with its status in one message, STOPPING, the end")
    func life() {
        let manager = Manager()
        let reporter = manager.reporter()
        reporter.entered(.starting, manager.currentCounts)
        reporter.ready(binds)
        reporter.entered(.serving(binds), manager.currentCounts)
        manager.counts.withLock { $0 = ServiceCounts(connections: 4, requestsInFlight: 3) }
        reporter.entered(.draining, manager.currentCounts)
        reporter.entered(.stopping, manager.currentCounts)
        reporter.finished(.asked)
        #expect(manager.heard == [
            [.extendTimeout(.seconds(10)), .status("starting")],
            [.ready, .status("serving 2 binds")],
            [.stopping, .extendTimeout(.seconds(10)), .status("draining 3 requests")],
            [.stopping, .extendTimeout(.seconds(10)), .status("stopping")],
            [.status("stopped")],
        ])
    }

    @Test("a failed startup says why, with errno and exit status, and never READY")
    func failure() {
        let manager = Manager()
        let reporter = manager.reporter()
        reporter.entered(.starting, manager.currentCounts)
        reporter.finished(.bindFailed, failure: "cannot listen", errno: 98)
        #expect(manager.heard.last == [.errno(98), .exitStatus(5), .status("startup failed: cannot listen")])
        #expect(!manager.heard.joined().contains(.ready))
        reporter.entered(.serving(binds), manager.currentCounts)
        reporter.ready(binds)
        #expect(manager.heard.count == 2)
    }

    @Test("a failure after READY is not called a failed startup")
    func laterFailure() {
        let manager = Manager()
        let reporter = manager.reporter()
        reporter.entered(.starting, manager.currentCounts)
        reporter.ready(binds)
        reporter.finished(.internalError, failure: "boom")
        #expect(manager.heard.last == [.exitStatus(1), .status("failed: boom")])
    }

    @Test("the status follows the connections, and is not repeated when nothing changes")
    func liveStatus() async throws {
        let manager = Manager()
        let reporter = manager.reporter(beat: .milliseconds(5))
        reporter.ready(binds)
        reporter.entered(.serving(binds), manager.currentCounts)
        try await Task.sleep(for: .milliseconds(50))
        #expect(manager.heard == [[.ready, .status("serving 2 binds")]])
        manager.counts.withLock { $0.connections = 1 }
        #expect(try await manager.waits { $0 == [.status("serving 2 binds, 1 connection")] })
        manager.counts.withLock { $0.connections = 12 }
        #expect(try await manager.waits { $0 == [.status("serving 2 binds, 12 connections")] })
        reporter.finished(.asked)
        let count = manager.heard.count
        try await Task.sleep(for: .milliseconds(50))
        #expect(manager.heard.count == count)
    }

    @Test("a slow startup asks for more time as long as its own timeout lasts")
    func slowStartup() async throws {
        let manager = Manager()
        let reporter = manager.reporter(beat: .milliseconds(10), startup: .milliseconds(60))
        reporter.entered(.starting, manager.currentCounts)
        // One when it begins and one for each beat within the timeout, however slow the beats are.
        let deadline = ContinuousClock.now + .seconds(60)
        while manager.heard.count < 7, ContinuousClock.now < deadline { try await Task.sleep(for: .milliseconds(5)) }
        #expect(manager.heard.dropFirst().allSatisfy { $0 == [.extendTimeout(.seconds(10))] })
        try await Task.sleep(for: .milliseconds(100))
        #expect(manager.heard.count == 7)
        reporter.finished(.asked)
    }

    @Test("without a service manager nothing is said after the first attempt")
    func notUnderSystemd() async throws {
        let manager = Manager(.notUnderSystemd)
        let reporter = manager.reporter(beat: .milliseconds(5))
        reporter.entered(.starting, manager.currentCounts)
        reporter.ready(binds)
        reporter.entered(.serving(binds), manager.currentCounts)
        reporter.entered(.draining, manager.currentCounts)
        try await Task.sleep(for: .milliseconds(30))
        reporter.finished(.asked)
        #expect(manager.heard.count == 1)
    }

    /// A reporter of a server that serves.
    private func serving(_ manager: Manager, beat: Duration = .seconds(3600), watchdog: Duration? = nil) -> ServiceReporter {
        let reporter = manager.reporter(beat: beat, watchdog: watchdog)
        reporter.entered(.starting, manager.currentCounts)
        reporter.ready(binds)
        reporter.entered(.serving(binds), manager.currentCounts)
        return reporter
    }

    @Test("the watchdog is fed while every event loop answers, and no longer; the silent one is named")
    func watchdog() async throws {
        let manager = Manager()
        let reporter = serving(manager, watchdog: .milliseconds(80))
        #expect(try await manager.waits { $0 == [.watchdog] })
        manager.counts.withLock { $0.silence = LoopSilence(duration: .seconds(7), loop: "event loop 2") }
        #expect(try await manager.waits { $0 == [.status("event loop 2 has not answered for 7 s")] })
        let fed = manager.heard.count { $0.contains(.watchdog) }
        // The next silence of another length is told after the first one, and the watchdog would have been fed many times by then.
        manager.counts.withLock { $0.silence.duration = .seconds(8) }
        #expect(try await manager.waits { $0 == [.status("event loop 2 has not answered for 8 s")] })
        #expect(manager.heard.count { $0.contains(.watchdog) } == fed)
        manager.counts.withLock { $0.silence = LoopSilence() }
        #expect(try await manager.waits { _ in manager.heard.count { $0.contains(.watchdog) } > fed })
        reporter.finished(.asked)
    }

    @Test("a loop that is late, but within half of the time, is no silence")
    func lateLoop() async throws {
        let manager = Manager()
        manager.counts.withLock { $0.silence = LoopSilence(duration: .milliseconds(39), loop: "event loop") }
        let reporter = serving(manager, watchdog: .milliseconds(80))
        #expect(try await manager.waits { $0 == [.watchdog] })
        reporter.finished(.asked)
    }

    @Test("before it serves the watchdog is not fed")
    func earlyWatchdog() {
        let manager = Manager()
        let reporter = manager.reporter(watchdog: .milliseconds(1))
        reporter.entered(.starting, manager.currentCounts)
        reporter.ready(binds)
        #expect(!manager.heard.joined().contains(.watchdog))
        reporter.finished(.asked)
    }

    @Test("a reload that fails is over with READY, and stays in the status until the next one")
    func failedReload() async throws {
        let manager = Manager()
        let reporter = serving(manager, beat: .milliseconds(5))
        reporter.reloading()
        reporter.reloadFailed("no such module")
        // The state that comes with it has the time of when it was made.
        #expect(manager.heard.contains { $0[0].text.hasPrefix("RELOADING=1\n") && $0.dropFirst() == [.extendTimeout(.seconds(10)), .status("reloading")] })
        #expect(manager.heard.contains([.ready, .status("reload failed: no such module")]))
        manager.counts.withLock { $0.connections = 3 }
        #expect(try await manager.waits { $0 == [.status("serving 2 binds, 3 connections; reload failed: no such module")] })
        reporter.reloading()
        reporter.reloadFailed("something else")
        manager.counts.withLock { $0.connections = 4 }
        #expect(try await manager.waits { $0 == [.status("serving 2 binds, 4 connections; reload failed: something else")] })
        reporter.finished(.asked)
    }

    @Test("a reload that takes long asks for more time, and is the status until it is over")
    func slowReload() async throws {
        let manager = Manager()
        let reporter = serving(manager, beat: .milliseconds(5))
        reporter.reloading()
        manager.counts.withLock { $0.connections = 3 }
        #expect(try await manager.waits { $0 == [.extendTimeout(.seconds(10))] })
        #expect(!manager.heard.joined().contains(.status("serving 2 binds, 3 connections")))
        reporter.reloadFailed("no such module")
        #expect(try await manager.waits { $0 == [.status("serving 2 binds, 3 connections; reload failed: no such module")] })
        reporter.finished(.asked)
    }

    @Test("when a successor is the service nothing more is said in this one's name")
    func handedOver() async throws {
        let manager = Manager()
        let reporter = serving(manager, beat: .milliseconds(5), watchdog: .milliseconds(20))
        reporter.reloading()
        reporter.handedOver(to: 4711)
        #expect(manager.heard.last == [.mainPID(4711), .ready, .status("reloaded")])
        let count = manager.heard.count
        manager.counts.withLock { $0.connections = 3 }
        reporter.entered(.draining, manager.currentCounts)
        reporter.entered(.stopping, manager.currentCounts)
        reporter.reloadFailed("late")
        reporter.finished(.asked)
        try await Task.sleep(for: .milliseconds(100))
        #expect(manager.heard.count == count)
    }
}
