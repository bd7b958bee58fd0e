internal import Glibc
internal import Logging
internal import Roost
internal import Systemd

/// The process that holds the sockets and has several others serve on them.
///
/// What it does is decided by `SupervisorStateMachine`; this is the hands and ears of it: processes, channels, signals, time,
/// and the service manager. All of it runs on one thread, which does nothing else.
final class Supervisor {
    private struct Worker {
        let process: Int32
        var channel: ChildChannel?
        let started: ContinuousClock.Instant
    }

    private struct Successor {
        let process: ChildProgram.Successor
        var channel: ChildChannel
    }

    private let service: HostedService
    private let launch: () throws -> ChildProgram
    private let logs: HostLogs
    private let view: SupervisorView
    private let admin: AdminServer?
    private let listeners: OpenListeners
    private let logger: Logger
    private let watchdog = Watchdog.interval
    private var machine: SupervisorStateMachine
    private var voice: ServiceVoice
    private var workers: [WorkerID: Worker] = [:]
    private var successor: Successor?
    private var ending: SupervisorEnd?
    private var nextPulse = Duration.zero
    private var nextMeasure = Duration.zero
    /// Some worker does not answer, so that the watchdog is not fed.
    private var isSilent = false
    private let measuresMemory: Bool
    private var idle: IdleWatch?
    private var reports: [WorkerID: WorkerReport] = [:]
    private var observations: [WorkerID: WorkerObservation] = [:]
    /// The requests of workers that are gone.
    private var pastRequests = 0
    private var pastMetrics = MetricsSnapshot()
    private var restarts = 0
    /// When the workers are told to stop; nil until somebody asks for it.
    private var stopping: Duration?
    private let drainDelay: Duration
    private var hasDelayed = false
    private let storesSockets: Bool
    private let sources: SourceWatch?
    /// When a change is acted on; a moment later, since most come in swarms.
    private var reloading: Duration?
    private let signals: SupervisorSignals
    private let start = ContinuousClock.now

    private var now: Duration { .now - start }

    /// - Parameter launch: The program that a worker is.
    init(_ service: HostedService, _ equipment: HostedService.Equipment, launch: @escaping () throws -> ChildProgram) throws {
        ChildProgram.rememberItself()
        self.service = service
        self.launch = launch
        let values = service.settings.values
        let policy = values.processes.policy(values.serve)
        logs = equipment.logs
        view = SupervisorView(app: equipment.config.appName)
        admin = try service.adminServer(view)
        listeners = equipment.listeners
        logger = equipment.config.logger
        machine = SupervisorStateMachine(policy)
        measuresMemory = policy.maxResidentBytes != nil
        idle = values.processes.exitIdleTime.map(IdleWatch.init)
        drainDelay = values.serve.drainDelay
        storesSockets = values.processes.storesSockets
        voice = ServiceVoice(parent: service.parent, logger: logger)
        sources = try Self.sources(service.settings.values)
        signals = try SupervisorSignals()
    }

    /// Serves with workers until it is over, and tells everybody whom it concerns.
    ///
    /// - Parameter launch: The program that a worker is, looked for anew for each.
    static func supervise(_ service: HostedService, launch: @escaping () throws -> ChildProgram) -> ExitStatus {
        do {
            return try Supervisor(service, try service.equipment(), launch: launch).run()
        } catch {
            let status = ExitStatus(error)
            service.finished(status, failure: "\(error)", errno: (error as? BindError)?.code)
            return status
        }
    }

    private func run() throws -> ExitStatus {
        defer { signals.stop() }
        try listeners.open()
        do {
            try admin?.open()
        } catch {
            // Those of a successor are its predecessor's.
            if voice.isService { listeners.close() }
            throw error
        }
        if voice.isService { admin?.start() }
        handle(.start)
        while ending == nil { turn() }
        guard let ending else { return .internalError }
        voice.waitForPredecessor()
        if ending.isHandedOver {
            listeners.leave()
            admin?.waitUntilLeft()
        }
        listeners.close()
        admin?.stop()
        service.pidFile?.remove()
        let isReported = voice.end(ending)
        if let reason = ending.reason, !isReported { StandardError.write(error: reason, program: service.program) }
        return ending.status
    }

    // MARK: Events

    private func turn() {
        var polled = signals.descriptors
        let channels = workers.compactMap { id, worker in worker.channel.map { (id, $0.descriptor) } }
        polled += channels.map(\.1)
        let others = [successor?.channel.descriptor, voice.descriptor, sources?.descriptor].compactMap(\.self)
        polled += others
        let ready = wait(for: polled)
        let time = now
        if let deadline = machine.nextDeadline, deadline <= time { handle(.tick) }
        for event in signals.take(from: ready) { if event == .stop { stop() } else { handle(event) } }
        if signals.takeDump() { dump() }
        if let stopping, stopping <= time { stop() }
        for (id, descriptor) in channels where ready.contains(descriptor) { hear(id) }
        if let descriptor = successor?.channel.descriptor, ready.contains(descriptor) { hearSuccessor() }
        if let descriptor = voice.descriptor, ready.contains(descriptor), !hearPredecessor() { stop() }
        if let sources, ready.contains(sources.descriptor) { noteChanges(sources.take()) }
        if let reloading, reloading <= time {
            self.reloading = nil
            handle(.reload)
        }
        // Last: what a process has said before its end is heard before that.
        if ready.contains(signals.children) { reap() }
        feedWatchdog(at: time)
        measure(at: time)
        stopIfIdle(at: time)
        show()
    }

    /// Tells the workers to stop; the first time once the drain delay is over.
    private func stop() {
        if !hasDelayed, drainDelay > .zero {
            hasDelayed = true
            stopping = now + drainDelay
            logger.info("going on accepting connections for \(drainDelay) before stopping")
            voice.notify([.stopping, .extendTimeout(drainDelay + .seconds(10))])
            voice.status("draining")
            return
        }
        stopping = nil
        handle(.stop)
    }

    private func handle(_ event: SupervisorEvent) {
        guard ending == nil else { return }
        for action in machine.handle(event, at: now) { carryOut(action) }
    }

    private func wait(for descriptors: [Int32]) -> Set<Int32> {
        var deadlines = [machine.nextDeadline].compactMap(\.self)
        if watchdog != nil { deadlines.append(nextPulse) }
        if measuresMemory { deadlines.append(nextMeasure) }
        deadlines += [stopping, reloading].compactMap(\.self)
        var milliseconds: Int32 = -1
        if let deadline = deadlines.min() {
            milliseconds = Int32(clamping: Int64((max(.zero, deadline - now) / .milliseconds(1)).rounded(.up)))
        }
        var polled = descriptors.map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
        guard poll(&polled, nfds_t(polled.count), milliseconds) > 0 else { return [] }
        return Set(polled.filter { $0.revents != 0 }.map(\.fd))
    }

    private func hear(_ id: WorkerID) {
        guard let reading = workers[id]?.channel?.read() else { return }
        if reading.isClosed {
            workers[id]?.channel?.close()
            workers[id]?.channel = nil
        }
        for message in reading.messages {
            switch message {
            case .alive(let report): reports[id] = report
            case .observed(let observation): observations[id] = observation
            case .started, .draining, .failed, .finished: break
            }
            handle(.message(id, message))
        }
        if reading.isClosed { handle(.channelClosed(id, reason: reading.problem)) }
    }

    private func reap() {
        _ = signals.takeChildren()
        for (id, worker) in workers {
            guard let termination = Self.termination(of: worker.process) else { continue }
            // What it said last may not have been read.
            hear(id)
            workers[id]?.channel?.close()
            workers[id] = nil
            pastRequests += reports.removeValue(forKey: id)?.requests ?? 0
            if let metrics = observations.removeValue(forKey: id)?.metrics.past { pastMetrics.add(metrics) }
            restarts += 1
            handle(.exited(id, termination))
        }
    }

    private static func termination(of process: Int32) -> Termination? {
        var status: Int32 = 0
        return waitpid(process, &status, WNOHANG) == process ? Termination(status: status) : nil
    }

    // MARK: Actions

    private func carryOut(_ action: SupervisorAction) {
        switch action {
        case .spawn(let id): spawn(id)
        case .terminate(let id), .force(let id): signal(id, SIGTERM)
        case .kill(let id): signal(id, SIGKILL)
        case .reopenLogs(let ids):
            logs.reopen()
            for id in ids { workers[id]?.channel?.say(.reopenLogs) }
        case .startSuccessor: startSuccessor()
        case .abandonSuccessor:
            endSuccessor()
        case .ready(let addresses):
            for address in addresses { logger.info("running on \(address)") }
            if voice.isService { service.writePIDFile() }
            // Whoever is told of it may ask at once.
            show()
            voice.ready(addresses)
            storeSockets()
        case .reloading:
            // The new workers open files by their names; so does this process.
            logs.reopen(isReload: true)
            voice.notify([.reloading])
        case .reloaded:
            show()
            voice.notify([.ready])
        case .stopping: voice.notify([.stopping])
        case .successorTookOver(let pid):
            voice.handOver(to: pid)
            listeners.leave()
            admin?.leave()
            service.pidFile?.leave()
            successor?.channel.say(.promoted)
        case .status(let text): voice.status(text)
        case .extendTimeout(let time): voice.notify([.extendTimeout(time)])
        case .log(let level, let message, let metadata):
            logger.log(level: level, "\(message)", metadata: metadata.mapValues { "\($0)" })
        case .end(let end): ending = end
        }
    }

    private func spawn(_ id: WorkerID) {
        do {
            guard let handover = listeners.handover else { return }
            // At a terminal Ctrl-C reaches workers too, which are told by SIGTERM. It waits until they can ignore it.
            let child = try launch().start(descriptors: handover.descriptors, hidden: Self.managersVariables, blocked: [SIGINT]) {
                .worker(number: id.number, channel: $0, handover)
            }
            workers[id] = Worker(process: child.process, channel: ChildChannel(child.channel), started: .now)
            handle(.spawned(id, pid: child.process))
        } catch {
            handle(.spawnFailed(id, reason: "\(error)", errno: (error as? ChildProgramError)?.code))
        }
    }

    /// What workers are not to tell the service manager, and must not believe to be meant for them.
    private static let managersVariables = ["NOTIFY_SOCKET", "WATCHDOG_PID", "WATCHDOG_USEC"]

    private func signal(_ id: WorkerID, _ signal: Int32) {
        guard let worker = workers[id] else { return }
        Glibc.kill(worker.process, signal)
    }

    // MARK: The successor

    private func startSuccessor() {
        do {
            guard let handover = listeners.handover else { return }
            let process = try ChildProgram.itself().startSuccessor(
                descriptors: handover.descriptors + (admin?.handover?.descriptors ?? []), hidden: ["WATCHDOG_PID"]
            ) {
                .successor(channel: $0, handover, admin: admin?.handover)
            }
            successor = Successor(process: process, channel: ChildChannel(process.channel))
        } catch {
            handle(.successorFailed(reason: "\(error)"))
        }
    }

    private func hearSuccessor() {
        guard let process = successor?.process.process, let reading = successor?.channel.read() else { return }
        for message in reading.messages {
            switch message {
            case .started: return handle(.successorStarted(pid: process))
            case .failed(_, _, let reason):
                endSuccessor()
                return handle(.successorFailed(reason: reason))
            case .alive, .observed, .draining, .finished: continue
            }
        }
        if reading.isClosed {
            endSuccessor()
            handle(.successorFailed(reason: reading.problem ?? ChildChannel.endedEarly))
        }
    }

    private func endSuccessor() {
        successor?.process.signal(SIGKILL)
        successor?.process.close()
        successor = nil
    }

    /// False if the predecessor is gone without having made this process the service.
    private func hearPredecessor() -> Bool {
        guard voice.hear() else { return false }
        service.writePIDFile()
        admin?.start()
        storeSockets()
        return true
    }

    private func storeSockets() {
        if storesSockets, voice.isService { listeners.keepOverRestart(logger) }
    }

    // MARK: What is shown

    private func show() {
        if admin != nil { view.show(board()) }
    }

    /// Logs what the workers are, and has each log what it is doing.
    private func dump() {
        logger.notice("dump: \(machine.workers.count) workers, \(restarts) were replaced or lost")
        for worker in machine.workers {
            logger.notice(
                "\(worker.name): \(worker.state), \(worker.report.requestsInFlight) requests in flight, \(worker.report.connections) connections",
                metadata: ["worker": "\(worker.id.number)"])
            // One that does not serve yet may not know the signal, and would die of it.
            if worker.isServing { signal(worker.id, SIGQUIT) }
        }
    }

    private func board() -> SupervisorView.Board {
        let now = ContinuousClock.now
        let workers = machine.workers.map { worker in
            SupervisorView.Worker(
                number: worker.id.number, pid: worker.pid, state: worker.state, started: self.workers[worker.id]?.started ?? now,
                report: worker.report, heard: now - (self.now - worker.lastHeard), observation: observations[worker.id] ?? WorkerObservation())
        }
        let phase: ServiceStatus.Phase = switch machine.phase {
        case .idle, .booting: .starting
        case .serving: hasDelayed ? .draining : .serving
        case .reloading: hasDelayed ? .draining : .reloading
        case .stopping, .ended: .draining
        }
        return SupervisorView.Board(
            phase: phase, ready: (phase == .serving || phase == .reloading) && machine.workers.contains(where: \.isServing),
            binds: machine.addresses, workers: workers, pastRequests: pastRequests, pastMetrics: pastMetrics, restarts: restarts)
    }

    // MARK: Development

    private static func sources(_ settings: HostSettings) throws(SourceWatchError) -> SourceWatch? {
        guard settings.processes.reloads else { return nil }
        let (included, excluded) = (settings.processes.reloadIncluded, settings.processes.reloadExcluded)
        // An app in Swift is the executable; one in Python is the files of its directory.
        guard settings.app == nil, let executable = PythonTree.executable, let slash = executable.lastIndex(of: "/") else {
            return try SourceWatch(settings.python.directory ?? ".", included: included, excluded: excluded, isDeep: true)
        }
        let name = String(executable[executable.index(after: slash)...])
        return try SourceWatch(String(executable[..<slash]), included: [name], excluded: [], isDeep: false)
    }

    private func noteChanges(_ changed: [String]) {
        guard let first = changed.first else { return }
        logger.notice("\(first) has changed\(changed.count > 1 ? ", and \(changed.count - 1) more" : "")")
        reloading = now + .milliseconds(200)
    }

    // MARK: Time

    private func stopIfIdle(at time: Duration) {
        // Who connects while the first workers start waits for them unseen.
        guard machine.hasBooted else { return }
        let connections = reports.values.reduce(0) { $0 + $1.connections }
        let requests = reports.values.reduce(pastRequests) { $0 + $1.requests }
        guard idle?.isOver(connections: connections, requests: requests, at: time) ?? false else { return }
        idle = nil
        logger.notice("nobody has connected for a while: stopping until somebody does")
        stop()
    }

    private func feedWatchdog(at time: Duration) {
        guard let watchdog, time >= nextPulse else { return }
        nextPulse = time + watchdog / 4
        let silent = machine.silentWorker(at: time, after: watchdog / 2)
        if let silent, !isSilent { logger.error("\(silent); the watchdog is not fed until it does") }
        if silent == nil, isSilent { logger.notice("every event loop answers again") }
        isSilent = silent != nil
        voice.alarm(silent)
        if !isSilent { voice.notify([.watchdog]) }
    }

    private func measure(at time: Duration) {
        guard measuresMemory, time >= nextMeasure else { return }
        nextMeasure = time + .seconds(1)
        for (id, worker) in workers {
            if let bytes = ProcessMemory.resident(of: worker.process) { handle(.resident(id, bytes: bytes)) }
        }
    }
}
