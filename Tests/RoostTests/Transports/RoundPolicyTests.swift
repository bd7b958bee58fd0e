import Testing

@testable import Roost

@Suite("How a round is gone through")
struct RoundPolicyTests {
    private func time(_ microseconds: Int) -> MonotonicTime { MonotonicTime(nanoseconds: 1_000_000_000).advanced(by: Nanoseconds(.microseconds(microseconds))) }

    /// A policy after many turns of so many connections, which took so long each.
    private func policy(connections: Int, turn: Int) -> RoundPolicy {
        var policy = RoundPolicy()
        takeTurns(&policy, connections)
        policy.roundBegins(at: time(0), turns: 100)
        policy.roundEnds(at: time(100 * turn), turns: 100)
        return policy
    }

    private func takeTurns(_ policy: inout RoundPolicy, _ connections: Int) {
        var last = [UInt64](repeating: policy.turn, count: connections)
        for turn in 0..<max(1000, 10 * connections) { policy.connectionTurn(last: &last[turn % connections]) }
    }

    @Test("output is held only while there is more to be done, not where turns are long, and where they are short only if there are many")
    func holding() {
        for (turn, turns, holds) in [
            (1, 2, false), (1, 5, false), (1, 6, true), (7, 5, false), (7, 6, true), (8, 2, true), (40, 2, true), (200, 2, true), (201, 20, false),
            (5000, 20, false),
        ] {
            var policy = policy(connections: 100, turn: turn)
            policy.roundBegins(at: time(0), turns: turns)
            policy.turnBegins(isLast: false)
            #expect(policy.holdsOutput == holds, "\(turns) turns of \(turn) µs")
            policy.turnBegins(isLast: true)
            #expect(!policy.holdsOutput)
        }
        var first = RoundPolicy()
        takeTurns(&first, 100)
        first.roundBegins(at: time(0), turns: 20)
        first.turnBegins(isLast: false)
        #expect(!first.holdsOutput && !first.fetchesInput)
    }

    @Test("input is fetched in large rounds of turns that are not long", arguments: [1, 7, 8, 200, 201])
    func fetching(turn: Int) {
        var policy = policy(connections: 100, turn: turn)
        #expect(!policy.fetchesInput)
        for turns in [2, 5, 6, 20] {
            policy.roundBegins(at: time(0), turns: turns)
            #expect(policy.fetchesInput == (turns >= 6 && turn <= 200), "\(turns) turns")
            policy.roundEnds(at: time(turn * turns), turns: turns)
            #expect(!policy.fetchesInput)
        }
    }

    @Test("a round that has most of the connections that take turns is not large, however many others are open")
    func rotation() {
        var policy = policy(connections: 100, turn: 1)
        for (connections, largest) in [(100, 50), (11, 0), (13, 6), (4, 0), (3000, 500), (40, 20)] {
            takeTurns(&policy, connections)
            let large = (2...500).filter {
                policy.roundBegins(at: time(0), turns: $0)
                let isLarge = policy.fetchesInput
                policy.turnBegins(isLast: false)
                #expect(policy.holdsOutput == isLarge)
                policy.roundEnds(at: time($0), turns: $0)
                return isLarge
            }
            #expect(large == (largest == 0 ? [] : Array(6...max(6, largest))), "\(connections) connections")
        }
        // New ones have had no turn.
        var last = policy.turn
        for _ in 0..<200 {
            last = policy.turn
            policy.connectionTurn(last: &last)
        }
        policy.roundBegins(at: time(0), turns: 6)
        #expect(!policy.fetchesInput)
    }

    @Test("what is held is sent after a moment, or with the last turn")
    func due() {
        var policy = RoundPolicy()
        policy.roundBegins(at: time(0), turns: 2)
        policy.turnBegins(isLast: false)
        #expect([100, 249, 250, 499, 500].filter { policy.isDue(at: time($0)) } == [250, 500])
        policy.turnBegins(isLast: true)
        let isDue = policy.isDue(at: time(501))
        #expect(isDue)

        // Of many short turns each eighth looks at the clock.
        policy.roundEnds(at: time(100), turns: 100)
        policy.roundBegins(at: time(0), turns: 100)
        policy.turnBegins(isLast: false)
        #expect((1...40).filter { _ in policy.isDue(at: time(300)) } == [8])
        #expect((1...40).filter { _ in policy.isDue(at: time(600)) } == [8])
    }
}
