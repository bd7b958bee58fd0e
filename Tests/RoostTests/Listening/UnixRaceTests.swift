import Foundation
import Glibc
import Testing

@testable import Roost

@Suite("Several servers that want one path")
struct UnixRaceTests {
    /// What one contender got; a class because a thread fills it in.
    private final class Outcome: @unchecked Sendable {
        // Written by one thread before the group is left, read by the test after the group was waited for.
        var result: Result<ListenerSet, BindError>?

        func attempt(_ path: String) {
            do throws(BindError) {
                result = .success(try ListenerSet.open([.unix(path: path)], options: SocketOptions(), activated: nil))
            } catch {
                result = .failure(error)
            }
        }
    }

    /// Lets contenders loose on a path at the same moment and gives what each got.
    private func contest(_ path: String, contenders: Int) -> [Result<ListenerSet, BindError>] {
        let outcomes = (0..<contenders).map { _ in Outcome() }
        let gate = DispatchSemaphore(value: 0)
        let group = DispatchGroup()
        for outcome in outcomes {
            group.enter()
            Thread.detachNewThread {
                gate.wait()
                outcome.attempt(path)
                group.leave()
            }
        }
        for _ in outcomes { gate.signal() }
        group.wait()
        return outcomes.compactMap(\.result)
    }

    @Test("exactly one gets it, over a stale socket and over nothing, and the file is its own", arguments: [false, true])
    func race(overStale: Bool) throws {
        let directory = try ScratchDirectory()
        for round in 0..<60 {
            let path = directory.file("\(round).sock")
            if overStale { try leaveStaleSocket(at: path) }
            let results = contest(path, contenders: 4)
            let winners = results.compactMap { try? $0.get() }
            #expect(results.count == 4 && winners.count == 1, "round \(round)")
            for case .failure(let error) in results { #expect(error.code == EADDRINUSE, "\(error)") }

            let client = try #require(ScratchSocket.connected(to: .unix(path: path)))
            let winner = try #require(winners.first)
            let accepted = ScratchSocket(taking: accept(winner.listeners[0].descriptor, nil, nil))
            #expect(accepted.descriptor >= 0 && client.descriptor >= 0)
            #expect(directory.names == ["\(round).sock"])
            winner.close()
            winner.removeSocketFiles()
            #expect(directory.names.isEmpty)
        }
    }

    @Test("whoever waits for another to put its socket in place then finds it live")
    func order() throws {
        let directory = try ScratchDirectory()
        let path = directory.file("app.sock")
        try leaveStaleSocket(at: path)
        let folder = ScratchSocket(taking: open(directory.path, O_RDONLY | O_DIRECTORY))
        let lock = try DirectoryLock(folder.descriptor)
        let outcome = Outcome()
        let group = DispatchGroup()
        group.enter()
        Thread.detachNewThread {
            outcome.attempt(path)
            group.leave()
        }
        #expect(group.wait(timeout: .now() + 0.2) == .timedOut)
        #expect(directory.names == ["app.sock"])
        unlink(path)
        let other = try ScratchSocket.bound(to: .unix(path: path))
        _ = consume lock
        group.wait()
        guard case .failure(let error) = outcome.result else {
            Issue.record("took the path of a live socket")
            return
        }
        #expect(error.code == EADDRINUSE && other.descriptor >= 0)
        #expect(directory.names == ["app.sock"])
    }

    /// Opens it as soon as the one before has ended, which a program that another test starts may hold up for a moment (`Spawning`).
    private func next(_ path: String) throws -> ListenerSet {
        let deadline = monotonicSeconds() + 30
        while true {
            do throws(BindError) {
                return try ListenerSet.open([.unix(path: path)], options: SocketOptions(), activated: nil)
            } catch {
                guard error.holder == getpid(), monotonicSeconds() < deadline else { throw error }
                usleep(100)
            }
        }
    }

    @Test("one that ends while the next begins never takes the next one's socket away")
    func handOver() throws {
        let directory = try ScratchDirectory()
        let path = directory.file("app.sock")
        var current = try ListenerSet.open([.unix(path: path)], options: SocketOptions(), activated: nil)
        for _ in 0..<100 {
            let ending = current
            let group = DispatchGroup()
            current = try Spawning.lock.withLock { _ in
                ending.closeOwn()
                group.enter()
                Thread.detachNewThread {
                    ending.removeSocketFiles()
                    group.leave()
                }
                return try next(path)
            }
            group.wait()
            #expect(ScratchSocket.connected(to: .unix(path: path)) != nil)
        }
        current.close()
        current.removeSocketFiles()
        #expect(directory.names.isEmpty)
    }
}
