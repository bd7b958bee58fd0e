import Roost
import Synchronization
import Systemd
import Testing

@testable import RoostHost

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

        func reporter(beat: Duration = .seconds(3600), startup: Duration? = .seconds(60)) -> ServiceReporter {
            var config = Config()
            config.startupTimeout = startup
            return ServiceReporter(timeouts: PhaseTimeouts(config), rhythm: .init(waiting: beat, serving: beat, extension: .seconds(10))) { states in
                self.messages.withLock { $0.append(states) }
                return self.answer
            }
        }

        var heard: [[NotifyState]] { messages.withLock { $0 } }

        func currentCounts() -> ServiceCounts { counts.withLock { $0 } }

        /// Waits for a message that `isWanted`, for ten seconds at most.
        func waits(for isWanted: ([NotifyState]) -> Bool) async throws -> Bool {
            for _ in 0..<1000 {
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
        let deadline = ContinuousClock.now + .seconds(20)
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
}
