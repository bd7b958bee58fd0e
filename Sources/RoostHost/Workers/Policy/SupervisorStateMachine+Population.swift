internal import Logging

/// Having as many workers as there should be.
extension SupervisorStateMachine {
    /// Those that count towards the target: of all that count, not the ones whose substitutes are awaited, and in a reload the new ones only.
    var population: [Worker] {
        workers.filter { $0.counts && $0.replacement != .underWay && (phase != .reloading || $0.generation == generation) }
    }

    var isComplete: Bool {
        let population = population
        return population.count >= target && population.allSatisfy(\.isServing)
    }

    /// How many more may be started.
    ///
    /// Those that are on their way out take room until they are gone, so that reloads in quick succession do not pile up processes. But somebody
    /// must serve.
    private var room: Int {
        let serving = workers.count(where: \.counts)
        if serving == workers.count { return target }
        return max(2 * target + 1 - workers.count, serving == 0 ? 1 : 0)
    }

    /// When the next missing worker may be started; nil if none is missing, or if it waits for something else.
    var nextSpawn: Duration? {
        phase == .serving && population.count < target && pace.earliest > now ? pace.earliest : nil
    }

    /// Starts workers or sends them away until their number is right.
    mutating func balance() {
        switch phase {
        case .idle, .stopping, .ended:
            return
        case .booting, .reloading:
            dismissSurplus()
            spawnMissing()
            guard isComplete else { return }
            if phase == .booting { finishBoot() } else { finishReload() }
            // What comes next, which may be another reload, has missing workers of its own.
            balance()
        case .serving:
            dismissSurplus()
            replaceNext()
            if pace.earliest <= now { spawnMissing() }
        }
    }

    mutating func scale(by step: Int) {
        switch phase {
        case .idle, .stopping, .ended: return
        case .booting, .serving, .reloading: break
        }
        guard target + step >= 1 else {
            log(.info, "there is 1 worker, the least there can be")
            return
        }
        log(.info, "\(ServiceStatusText.counted(target + step, "worker")) instead of \(target)")
        target += step
    }

    private mutating func dismissSurplus() {
        let population = population
        for worker in population.reversed().prefix(max(0, population.count - target)) { dismiss(worker.id) }
    }

    private mutating func spawnMissing() {
        for _ in 0..<max(0, min(target - population.count, room)) { spawn() }
    }

    private mutating func spawn() {
        lastNumber += 1
        let worker = Worker(
            id: WorkerID(number: lastNumber),
            generation: generation,
            round: pace.round,
            requestLimit: policy.maxRequests.map { $0 + Int.random(in: 0...max(0, policy.maxRequestsJitter), using: &random) },
            lifetime: policy.workerLifetime.map { $0 * Double.random(in: 0.9...1, using: &random) },
            lastHeard: now)
        workers.append(worker)
        actions.append(.spawn(worker.id))
    }

    /// Lets one worker at a time have a substitute, and sends it away when that one serves.
    private mutating func replaceNext() {
        guard isComplete else { return }
        for worker in workers where worker.counts && worker.replacement == .underWay { dismiss(worker.id) }
        for index in workers.indices {
            guard workers[index].isServing, case .due(let why) = workers[index].replacement else { continue }
            workers[index].replacement = .underWay
            log(.info, "\(workers[index].name) \(why); another one takes its place", workers[index])
            return
        }
    }
}
