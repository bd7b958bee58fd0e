import SeededRandom
import Testing

@testable import RoostHost

@Suite("Whatever happens to a supervisor")
struct SupervisorRandomTests {
    @Test("its workers stay within bounds, and it ends once, in order")
    func anything() throws {
        var endings: Set<Int32> = []
        var seen: Set<String> = []
        for seed in 0..<UInt64(max(200, fuzzIterations / 50)) {
            var world = World(seed: seed)
            world.live(for: Int(seed % 150))
            world.end()
            if let problem = world.problem {
                Issue.record("seed \(seed): \(problem)\n\(world.story.suffix(60).joined(separator: "\n"))")
                return
            }
            if let status = world.endStatus { endings.insert(status) }
            seen.formUnion(world.seen)
        }
        #expect(endings.isSuperset(of: [0, 1, 3, 5]))
        #expect(seen.isSuperset(of: ["ready", "reloaded", "successorTookOver", "abandonSuccessor", "force", "kill", "terminate", "reopenLogs"]))
    }
}

/// A world of processes that obey, ignore and crash as they like, around a state machine that has to cope.
private struct World {
    /// A worker's process, as the world knows it.
    private struct Process {
        var isThere = false
        var hasStarted = false
        var isTerminated = false
        var isKilled = false
        var hasClosed = false
        /// Does not end when it is told to.
        let isDeaf: Bool
        /// Does not even end by SIGKILL.
        let isStuck: Bool
    }

    private var random: SeededGenerator
    private var machine: SupervisorStateMachine
    private var now: Duration = .zero
    private var processes: [WorkerID: Process] = [:]
    private var mostWanted: Int
    private var isStopAsked = false
    private var isStopping = false
    private var isHandedOver = false
    private var isReloading = false
    private var hasReady = false
    private var lastStatus: String?
    private var hasSuccessor = false

    private(set) var endStatus: Int32?
    private(set) var story: [String] = []
    private(set) var seen: Set<String> = []
    /// The first rule that was broken.
    private(set) var problem: String?

    init(seed: UInt64) {
        random = SeededGenerator(seed: seed)
        var policy = SupervisorPolicy(workers: Int.random(in: 1...4, using: &random))
        policy.startupTimeout = Bool.random(using: &random) ? .seconds(20) : nil
        policy.gracefulTimeout = .seconds(Int.random(in: 0...30, using: &random))
        policy.shutdownTimeout = Bool.random(using: &random) ? .seconds(10) : nil
        policy.timeout = Bool.random(using: &random) ? .seconds(5) : nil
        policy.maxRequests = Bool.random(using: &random) ? 100 : nil
        policy.maxRequestsJitter = 10
        policy.workerLifetime = Bool.random(using: &random) ? .seconds(60) : nil
        policy.maxResidentBytes = 1000
        mostWanted = policy.workers
        machine = SupervisorStateMachine(policy, random: SeededGenerator(seed: seed))
    }

    mutating func live(for steps: Int) {
        // One in ten has not begun when things happen to it.
        if Int.random(in: 0..<10, using: &random) > 0 { hand(.start) }
        for _ in 0..<steps where endStatus == nil && problem == nil {
            pass()
            if let event = nextEvent() { hand(event) }
        }
    }

    /// Asks to stop, and lets happen what has to.
    mutating func end() {
        hand(.stop)
        let stopped = now
        while endStatus == nil, problem == nil {
            settle()
            // A shutdown that may take as long as it takes ends some day. All others have to be ended.
            if now > stopped + .seconds(120) {
                guard machine.policy.shutdownTimeout == nil else { break }
                for id in processes.keys.sorted() { hand(.exited(id, .code(0))) }
            }
            now = max(now, machine.nextDeadline ?? now + .seconds(600))
            hand(.tick)
        }
        if endStatus == nil { problem = problem ?? "it does not end" }
        for event in [.stop, .reload, .start, .tick, .scaleUp, .upgrade] as [SupervisorEvent] where !machine.handle(event, at: now).isEmpty {
            problem = problem ?? "it goes on after its end"
        }
        if machine.nextDeadline != nil { problem = problem ?? "it waits after its end" }
        for (id, process) in processes where process.isThere && !process.isKilled { problem = problem ?? "\(id) is left behind" }
    }

    /// Lets time pass: up to a deadline or not quite.
    private mutating func pass() {
        switch Int.random(in: 0..<6, using: &random) {
        case 0: now += .milliseconds(Int.random(in: 0...3000, using: &random))
        case 1, 2:
            guard let deadline = machine.nextDeadline else { return }
            now = max(now, deadline)
            hand(.tick)
            if let next = machine.nextDeadline, next <= now { problem = problem ?? "it asks at \(now) for a tick at \(next)" }
        default: break
        }
    }

    /// What processes do that were told something.
    private mutating func settle() {
        for (id, process) in processes.sorted(by: { $0.key < $1.key }) {
            if !process.isThere {
                hand(.spawned(id, pid: Int32(id.number)))
            } else if process.isKilled, !process.isStuck {
                hand(.exited(id, .signal(9, name: "SIGKILL")))
            } else if process.isTerminated, !process.isDeaf {
                if process.hasStarted { hand(.message(id, .draining)) }
                hand(.exited(id, process.hasStarted ? .code(0) : .signal(15, name: "SIGTERM")))
            }
        }
    }

    private mutating func nextEvent() -> SupervisorEvent? {
        switch Int.random(in: 0..<100, using: &random) {
        case 0: return .stop
        case 1, 2, 3: return .reload
        case 4, 5: return .scaleUp
        case 6, 7: return .scaleDown
        case 8: return .upgrade
        case 9: return .reopenLogs
        case 10: return hasSuccessor || Bool.random(using: &random) ? .successorStarted(pid: 9999) : nil
        case 11: return .successorFailed(reason: "it did")
        case 12: return .message(WorkerID(number: 999), .finished)
        default: break
        }
        guard let (id, process) = processes.sorted(by: { $0.key < $1.key }).randomElement(using: &random) else { return nil }
        guard process.isThere else {
            return Int.random(in: 0..<30, using: &random) > 0 ? .spawned(id, pid: Int32(id.number)) : .spawnFailed(id, reason: "no memory", errno: 12)
        }
        if process.isKilled, !process.isStuck { return .exited(id, .signal(9, name: "SIGKILL")) }
        if process.isTerminated, !process.isDeaf, Bool.random(using: &random) {
            return Bool.random(using: &random) ? .message(id, .draining) : .exited(id, .code(0))
        }
        if process.isStuck { return nil }
        switch Int.random(in: 0..<60, using: &random) {
        case 0: return .exited(id, .code(0))
        case 1: return .exited(id, .code(1))
        case 2: return .exited(id, .signal(11, name: "SIGSEGV"))
        case 3: return process.hasClosed ? nil : .channelClosed(id, reason: Bool.random(using: &random) ? "junk" : nil)
        case 4: return .message(id, .draining)
        case 5: return .message(id, .finished)
        case 6: return .message(id, .failed(status: 5, errno: 98, reason: "taken"))
        case 7: return .resident(id, bytes: Int.random(in: 0...1100, using: &random))
        case 8..<30: return .message(id, .started(addresses: addresses))
        default:
            return .message(
                id,
                .alive(
                    WorkerReport(
                        connections: Int.random(in: 0...9, using: &random), requestsInFlight: Int.random(in: 0...9, using: &random),
                        requests: Int.random(in: 0...105, using: &random), silence: .seconds(Int.random(in: 0...5, using: &random)))))
        }
    }

    private mutating func hand(_ event: SupervisorEvent) {
        guard endStatus == nil, problem == nil else { return }
        switch event {
        case .spawned(let id, _): processes[id]?.isThere = true
        case .spawnFailed(let id, _, _), .exited(let id, _): processes[id] = nil
        case .message(let id, .started): processes[id]?.hasStarted = true
        case .channelClosed(let id, _): processes[id]?.hasClosed = true
        case .stop: isStopAsked = true
        case .successorFailed: hasSuccessor = false
        default: break
        }
        let actions = machine.handle(event, at: now)
        story.append("\(now) \(event)")
        mostWanted = max(mostWanted, machine.target)
        for action in actions {
            story.append("        \(action)")
            if let broken = carryOut(action) { problem = problem ?? broken }
        }
    }

    /// - Returns: The rule that the action breaks.
    private mutating func carryOut(_ action: SupervisorAction) -> String? {
        if endStatus != nil { return "something behind the end" }
        switch action {
        case .spawn(let id):
            if isStopping { return "\(id) is started after the stop" }
            if processes[id] != nil { return "\(id) is started twice" }
            processes[id] = Process(isDeaf: Int.random(in: 0..<5, using: &random) == 0, isStuck: Int.random(in: 0..<40, using: &random) == 0)
            // However many are on their way out, one may always be started.
            if machine.workers.count > 2 * mostWanted + 1, machine.workers.count(where: \.counts) > 1 { return "\(machine.workers.count) workers" }
        case .terminate(let id):
            guard let process = processes[id], process.isThere, !process.isTerminated, !process.isKilled else { return "\(id) cannot be told to end" }
            processes[id]?.isTerminated = true
            seen.insert("terminate")
        case .force(let id):
            guard let process = processes[id], process.isThere, !process.isKilled else { return "\(id) cannot be hurried" }
            processes[id]?.isTerminated = true
            seen.insert("force")
        case .kill(let id):
            guard let process = processes[id], process.isThere, !process.isKilled else { return "\(id) cannot be killed" }
            processes[id]?.isKilled = true
            seen.insert("kill")
        case .reopenLogs(let ids):
            if !ids.allSatisfy({ processes[$0]?.isThere ?? false }) { return "somebody unknown reopens logs" }
            seen.insert("reopenLogs")
        case .startSuccessor:
            if hasSuccessor || isStopping { return "an unwanted successor" }
            hasSuccessor = true
        case .abandonSuccessor:
            if !hasSuccessor { return "no successor to abandon" }
            hasSuccessor = false
            seen.insert("abandonSuccessor")
        case .ready:
            if hasReady || isStopping { return "ready when it cannot be" }
            hasReady = true
            seen.insert("ready")
        case .reloading:
            if isReloading || !hasReady || isStopping { return "a reload when there can be none" }
            isReloading = true
        case .reloaded:
            if !isReloading || isStopping { return "reloaded without a reload" }
            isReloading = false
            seen.insert("reloaded")
        case .stopping:
            if isStopping { return "stopping twice" }
            isStopping = true
        case .successorTookOver:
            if !hasSuccessor || isStopping { return "a successor out of nowhere" }
            (isStopping, isHandedOver) = (true, true)
            seen.insert("successorTookOver")
        case .status(let text):
            if text == lastStatus { return "the same status again" }
            if isHandedOver { return "a status after the hand-over" }
            lastStatus = text
        case .extendTimeout(let time):
            if isHandedOver || time <= .zero { return "more time for nobody" }
        case .log(_, let text, _):
            if text.isEmpty { return "an empty line" }
        case .end(let end):
            endStatus = end.status.rawValue
            if machine.workers.contains(where: { processes[$0.id] != nil }) { return "an end with workers" }
            if end.isHandedOver != isHandedOver { return "wrong about the hand-over" }
            if end.status == .asked, !isStopAsked, !isHandedOver { return "0 without having been asked" }
            if end.status != .asked, end.reason == nil { return "a failure without a reason" }
        }
        return nil
    }
}
