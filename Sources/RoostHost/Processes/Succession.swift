internal import Glibc
internal import Logging
internal import Roost
internal import Synchronization

/// Has a serving process without a supervisor replaced by its successor (SIGHUP, SIGUSR2, or because a limit is reached), and its logs reopened
/// (SIGUSR1).
///
/// The successor is the program as it is found now, with the same arguments and the same sockets. When it serves, the service manager is told,
/// and this process finishes its requests and ends. If it does not come up, this process goes on.
final class Succession: Sendable {
    private let listeners: OpenListeners
    private let pidFile: PIDFile?
    private let reporter: ServiceReporter
    private let logs: HostLogs
    private let logger: Logger
    private let admin: AdminServer?
    private let monitor: ServerMonitor
    private let certificates: TLSContexts?
    private let startupTimeout: Duration?
    private let program: @Sendable () throws -> ChildProgram

    private let replacing: SignalWatch
    private let reopening: SignalWatch
    private let scaling: SignalWatch
    private let ending: SignalWatch
    private let hasEnded = Atomic(false)
    private let serving: Mutex<Serving?> = Mutex(nil)
    private let limits: ReplacementLimits

    private struct Serving {
        let since: ContinuousClock.Instant
        let counts: @Sendable () -> ServiceCounts
    }

    /// After an attempt that failed, limits count again this much later.
    private static let pause = Duration.seconds(60)

    init(
        listeners: OpenListeners, pidFile: PIDFile?, reporter: ServiceReporter, logs: HostLogs, logger: Logger, admin: AdminServer?,
        monitor: ServerMonitor, certificates: TLSContexts?, startupTimeout: Duration?,
        limits: ReplacementLimits, program: @escaping @Sendable () throws -> ChildProgram
    ) throws {
        self.listeners = listeners
        self.pidFile = pidFile
        self.reporter = reporter
        self.logs = logs
        self.logger = logger
        self.admin = admin
        self.monitor = monitor
        self.certificates = certificates
        self.startupTimeout = startupTimeout
        self.program = program
        self.limits = limits
        replacing = try SignalWatch([SIGHUP, SIGUSR2])
        reopening = try SignalWatch([SIGUSR1])
        scaling = try SignalWatch([SIGTTIN, SIGTTOU])
        ending = try SignalWatch([])
        ChildProgram.rememberItself()
        try DetachedThread.start(named: "roost-signals") { self.attend() }
    }

    /// Obeys no more. A successor that is still on its way finds its parent gone, and ends.
    func end() {
        hasEnded.store(true, ordering: .relaxed)
        ending.wake()
    }

    /// The process serves from here on: limits count.
    func hasBegun(_ counts: @escaping @Sendable () -> ServiceCounts) {
        serving.withLock { $0 = $0 ?? Serving(since: .now, counts: counts) }
    }

    private func attend() {
        var limits = limits
        var next = limits.isEmpty ? nil : ContinuousClock.now
        while !hasEnded.load(ordering: .relaxed) {
            let came = Self.wait(for: [replacing.descriptor, reopening.descriptor, scaling.descriptor, ending.descriptor], until: next)
            if came.contains(scaling.descriptor), scaling.take() > 0 {
                logger.notice("there is one process without a supervisor, whose number cannot change; set workers for several")
            }
            if came.contains(reopening.descriptor) { reopen() }
            if came.contains(replacing.descriptor), replacing.take() > 0 { replace() }
            if let time = next, time <= .now {
                next = .now + .seconds(1)
                if !isWithin(&limits) { next = .now + Self.pause }
            }
        }
    }

    /// False if the process should have been replaced, and was not.
    private func isWithin(_ limits: inout ReplacementLimits) -> Bool {
        guard let serving = serving.withLock(\.self) else { return true }
        let age = ContinuousClock.now - serving.since
        let counts = serving.counts()
        if limits.isIdle(counts, at: age) {
            logger.notice("nobody has connected for a while: stopping until somebody does")
            hasEnded.store(true, ordering: .relaxed)
            kill(getpid(), SIGTERM)
            return true
        }
        guard let reason = limits.reason(counts, age: age, resident: { ProcessMemory.resident(of: getpid()) }) else { return true }
        logger.notice("this process is to be replaced: \(reason)")
        replace()
        return hasEnded.load(ordering: .relaxed)
    }

    private func reopen() {
        guard reopening.take() > 0 else { return }
        logs.reopen()
        logger.notice("log files were opened again")
    }

    // MARK: The successor

    private func replace() {
        guard let handover = listeners.handover else {
            return logger.warning("not replaced: this process does not serve yet")
        }
        if getpid() == 1, let certificates { return reload(certificates) }
        reporter.reloading()
        monitor.reloading(true)
        logger.notice("starting the successor of this process")
        do {
            let successor = try program().startSuccessor(
                descriptors: handover.descriptors + (admin?.handover?.descriptors ?? []), hidden: ["WATCHDOG_PID"]
            ) {
                .successor(channel: $0, handover, admin: admin?.handover)
            }
            var channel = ChildChannel(successor.channel)
            switch follow(&channel) {
            case .overtaken:
                successor.signal(SIGKILL)
                successor.close()
                logger.notice("the successor is not needed any more: this process is stopping")
            case .failed(let reason):
                successor.signal(SIGKILL)
                successor.close()
                fail(reason)
            case .serves:
                // The channel stays open: its end tells the successor that this process is gone.
                logger.notice("process \(successor.process) serves from here on; finishing the requests in flight")
                reporter.handedOver(to: successor.process)
                listeners.leave()
                admin?.leave()
                pidFile?.leave()
                channel.say(.promoted)
                // What it serves may be older than the wish that came while it started.
                if replacing.take() > 0 { successor.signal(SIGHUP) }
                hasEnded.store(true, ordering: .relaxed)
                admin?.waitUntilLeft()
                kill(getpid(), SIGTERM)
            }
        } catch {
            fail("\(error)")
        }
    }

    /// Process 1 of a container can't be replaced, but has to be told of renewed certificates like any other.
    private func reload(_ certificates: TLSContexts) {
        do throws(ConfigError) {
            try certificates.reload(logger: logger)
            logger.notice("certificates were read again; nothing else was, because this is process 1, with which all others end")
        } catch {
            logger.error("reload failed: \(error); the old certificates stay in use")
        }
    }

    private func fail(_ reason: String) {
        logger.error("reload failed: \(reason); this process goes on")
        reporter.reloadFailed(reason)
        monitor.reloading(false)
    }

    private enum Outcome {
        case serves
        case failed(String)
        /// This process was told to stop meanwhile.
        case overtaken
    }

    /// Waits until the successor serves, or does not.
    private func follow(_ channel: inout ChildChannel) -> Outcome {
        let deadline = startupTimeout.map { ContinuousClock.now + $0 }
        while true {
            let came = Self.wait(for: [channel.descriptor, reopening.descriptor, ending.descriptor], until: deadline)
            if came.contains(ending.descriptor) { return .overtaken }
            if came.contains(reopening.descriptor) { reopen() }
            if came.isEmpty { return .failed("the successor did not serve within \(startupTimeout ?? .zero)") }
            guard came.contains(channel.descriptor) else { continue }
            let reading = channel.read()
            for message in reading.messages {
                switch message {
                case .started: return .serves
                case .failed(_, _, let reason): return .failed(reason)
                case .alive, .observed, .draining, .finished: continue
                }
            }
            if reading.isClosed { return .failed(reading.problem ?? ChildChannel.endedEarly) }
        }
    }

    /// The descriptors that are readable; empty once the deadline has come.
    private static func wait(for descriptors: [Int32], until deadline: ContinuousClock.Instant?) -> Set<Int32> {
        var polled = descriptors.map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
        while true {
            var milliseconds: Int32 = -1
            if let deadline {
                let left = deadline - .now
                guard left > .zero else { return [] }
                milliseconds = Int32(clamping: Int64((left / .milliseconds(1)).rounded(.up)))
            }
            guard poll(&polled, nfds_t(polled.count), milliseconds) > 0 else { continue }
            let ready = Set(polled.filter { $0.revents != 0 }.map(\.fd))
            return ready
        }
    }
}
