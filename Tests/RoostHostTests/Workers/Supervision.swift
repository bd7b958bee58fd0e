import SeededRandom
import Testing

@testable import RoostHost

extension WorkerID: ExpressibleByIntegerLiteral {
    public init(integerLiteral number: Int) {
        self.init(number: number)
    }
}

/// A supervisor's state machine with what a test needs to tell a story: events at times, and actions as short texts.
struct Supervision {
    var machine: SupervisorStateMachine
    var now: Duration = .zero

    init(_ workers: Int = 2, _ change: (inout SupervisorPolicy) -> Void = { _ in }) {
        var policy = SupervisorPolicy(workers: workers)
        change(&policy)
        machine = SupervisorStateMachine(policy, random: SeededGenerator(seed: 1))
    }

    /// One step of a story: at this second this happens, and that is done.
    struct Step {
        let second: Double
        let event: SupervisorEvent
        let actions: [String]

        init(_ second: Double, _ event: SupervisorEvent, _ actions: String...) {
            self.second = second
            self.event = event
            self.actions = actions
        }
    }

    mutating func tell(_ steps: [Step], sourceLocation: SourceLocation = #_sourceLocation) {
        for step in steps {
            let actions = at(step.second, step.event)
            #expect(actions == step.actions, "\(step.event) at \(step.second)", sourceLocation: sourceLocation)
        }
    }

    /// What an event leads to, without requests for more time and lines for developers.
    @discardableResult
    mutating func at(_ second: Double, _ event: SupervisorEvent) -> [String] {
        now = .milliseconds(Int64(second * 1000))
        return machine.handle(event, at: now).compactMap(Self.text)
    }

    /// Hands in nothing but ticks, when they are asked for, up to this second.
    mutating func wait(until second: Double) -> [String] {
        var actions: [String] = []
        let end = Duration.milliseconds(Int64(second * 1000))
        while let deadline = machine.nextDeadline, deadline <= end {
            now = max(now, deadline)
            actions += machine.handle(.tick, at: now).compactMap(Self.text)
        }
        now = end
        return actions
    }

    /// Starts the supervisor at 0 and all its workers at 1.
    static func serving(_ workers: Int = 2, _ change: (inout SupervisorPolicy) -> Void = { _ in }) -> Supervision {
        var supervision = Supervision(workers, change)
        supervision.at(0, .start)
        for number in 1...workers { supervision.at(0, .spawned(WorkerID(number: number), pid: Int32(100 + number))) }
        for number in 1...workers { supervision.at(1, .message(WorkerID(number: number), .started(addresses: ["127.0.0.1:8000"]))) }
        return supervision
    }

    /// A worker starts that has been asked for.
    @discardableResult
    mutating func start(_ id: WorkerID, at second: Double) -> [String] {
        at(second, .spawned(id, pid: Int32(100 + id.number))) + at(second, .message(id, .started(addresses: ["127.0.0.1:8000"])))
    }

    private static func text(_ action: SupervisorAction) -> String? {
        switch action {
        case .spawn(let id): "spawn \(id.number)"
        case .terminate(let id): "terminate \(id.number)"
        case .force(let id): "force \(id.number)"
        case .kill(let id): "kill \(id.number)"
        case .reopenLogs(let ids): "reopen logs \(ids.map(\.number))"
        case .startSuccessor: "start successor"
        case .abandonSuccessor: "abandon successor"
        case .ready(let addresses): "READY \(addresses.joined(separator: " "))"
        case .reloading: "RELOADING"
        case .reloaded: "RELOADED"
        case .stopping: "STOPPING"
        case .successorTookOver(let pid): "MAINPID \(pid)"
        case .status(let text): "STATUS \(text)"
        case .extendTimeout: nil
        case .log(.debug, _, _): nil
        case .log(let level, let text, _): "\(level): \(text)"
        case .end(let end):
            "end \(end.status.rawValue)" + (end.isHandedOver ? " handed over" : "") + (end.errno.map { " errno \($0)" } ?? "") + (end.reason.map { " \($0)" } ?? "")
        }
    }
}

let addresses = ["127.0.0.1:8000"]
