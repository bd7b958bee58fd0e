import Roost
import Testing

@testable import RoostHost

@Suite("Idleness")
struct IdleWatchTests {
    /// Looks with a limit of ten seconds, at connections, requests and seconds.
    private func looks() -> (Int, Int, Int) -> Bool {
        var watch = IdleWatch(.seconds(10))
        return { watch.isOver(connections: $0, requests: $1, at: .seconds($2)) }
    }

    @Test("is to have had no connection and no request for so long")
    func idle() {
        let look = looks()
        #expect(!look(0, 0, 100))
        #expect(!look(0, 0, 109))
        #expect(look(0, 0, 110))
    }

    @Test("begins when the last connection ends")
    func connections() {
        let look = looks()
        #expect(!look(0, 0, 0))
        #expect(!look(1, 0, 5))
        #expect(!look(1, 0, 500))
        #expect(!look(0, 0, 501))
        #expect(!look(0, 0, 510))
        #expect(look(0, 0, 511))
    }

    @Test("begins anew with a request that came and went between two looks")
    func requests() {
        let look = looks()
        #expect(!look(0, 3, 0))
        #expect(!look(0, 4, 10))
        #expect(!look(0, 4, 19))
        #expect(look(0, 4, 20))
    }
}

@Suite("Limits of a process without a supervisor")
struct ReplacementLimitsTests {
    private func limits(_ change: (inout ProcessSettings) -> Void) -> ReplacementLimits {
        var settings = ProcessSettings()
        change(&settings)
        return ReplacementLimits(settings)
    }

    private let young = Duration.seconds(1)

    @Test("are none without settings")
    func none() {
        let limits = limits { _ in }
        #expect(limits.isEmpty)
        #expect(limits.reason(ServiceCounts(requests: 1_000_000), age: .seconds(1_000_000), resident: { .max }) == nil)
    }

    @Test("of requests, raised by a random number up to the jitter")
    func requests() {
        let exact = limits { $0.maxRequests = 10 }
        #expect(!exact.isEmpty)
        #expect(exact.reason(ServiceCounts(requests: 9), age: young, resident: { nil }) == nil)
        #expect(exact.reason(ServiceCounts(requests: 10), age: young, resident: { nil }) == "it has served 10 requests")
        var first: Set<Int> = []
        for _ in 0..<200 {
            let limits = limits { ($0.maxRequests, $0.maxRequestsJitter) = (10, 5) }
            first.insert((0...20).first { limits.reason(ServiceCounts(requests: $0), age: young, resident: { nil }) != nil } ?? -1)
        }
        #expect(first.isSubset(of: Set(10...15)) && first.count > 1)
    }

    @Test("of age, up to a tenth earlier")
    func age() {
        let limits = limits { $0.lifetime = .seconds(100) }
        #expect(limits.reason(ServiceCounts(), age: .seconds(89), resident: { nil }) == nil)
        #expect(limits.reason(ServiceCounts(), age: .seconds(100), resident: { nil }) == "it has served for 100 s")
    }

    @Test("of memory, which is measured only if it counts")
    func memory() {
        let limits = limits { $0.maxResidentBytes = 64 << 20 }
        #expect(limits.reason(ServiceCounts(), age: young, resident: { 64 << 20 }) == nil)
        #expect(limits.reason(ServiceCounts(), age: young, resident: { nil }) == nil)
        #expect(limits.reason(ServiceCounts(), age: young, resident: { 65 << 20 }) == "it has 65 MiB of memory")
        _ = self.limits { $0.maxRequests = 1 }.reason(ServiceCounts(), age: young) {
            Issue.record("memory was measured")
            return nil
        }
    }

    @Test("of idleness, which is no reason for another process")
    func idle() {
        var limits = limits { $0.exitIdleTime = .seconds(10) }
        #expect(!limits.isEmpty)
        let outcomes = [1, 10, 11].map { limits.isIdle(ServiceCounts(), at: .seconds($0)) }
        #expect(outcomes == [false, false, true])
        #expect(limits.reason(ServiceCounts(), age: .seconds(11), resident: { nil }) == nil)
    }
}

@Suite("How a process has ended")
struct TerminationTests {
    @Test("by its status, as waitpid(2) gives it", arguments: [(0, 0), (7 << 8, 7), (255 << 8, 255)] as [(Int32, Int32)])
    func code(_ status: Int32, _ code: Int32) {
        #expect(Termination(status: status) == .code(code))
    }

    @Test("by a signal, with its name, and whether or not there is a core", arguments: [
        (9, 9, "SIGKILL"), (15, 15, "SIGTERM"), (11 | 0x80, 11, "SIGSEGV"), (63, 63, "signal 63"),
    ] as [(Int32, Int32, String)])
    func signal(_ status: Int32, _ number: Int32, _ name: String) {
        #expect(Termination(status: status) == .signal(number, name: name))
    }

    @Test("as one that was told to, or not")
    func expected() {
        #expect(Termination(status: 0).isExpectedAfterTerm && Termination(status: 15).isExpectedAfterTerm)
        #expect(!Termination(status: 1 << 8).isExpectedAfterTerm && !Termination(status: 9).isExpectedAfterTerm)
    }
}
