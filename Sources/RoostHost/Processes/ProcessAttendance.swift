internal import Glibc
internal import Logging
internal import Roost
internal import Synchronization

/// What a serving process obeys besides the signals that stop it: its parent, if that is a process of Roost's, and the
/// signals by which an operator has logs reopened and the process replaced.
final class ProcessAttendance: Sendable {
    private let ignored: SignalWatch?
    private let succession: Succession?
    private let admin: AdminServer?
    private let statsD: StatsDSender?
    /// What tells the log of requests that are running.
    let requests: RequestWatch
    private let stored: OpenListeners?
    private let isService: Atomic<Bool>
    private let logger: Logger

    /// - Parameter successor: The program that takes this process's place.
    init(_ service: HostedService, _ equipment: HostedService.Equipment, successor: @escaping @Sendable () throws -> ChildProgram) throws {
        let reporter = service.reporter as? ParentReporter
        let processes = service.settings.values.processes
        logger = equipment.config.logger
        statsD = equipment.statsD
        stored = processes.storesSockets ? equipment.listeners : nil
        isService = Atomic(service.parent == nil)
        requests = try RequestWatch(
            service.monitor, slowAfter: service.settings.values.observation.slowRequest, logger: equipment.config.logger)
        let admin = try service.adminServer(service.monitor)
        try admin?.open()
        self.admin = admin
        if case .worker = service.role {
            // The supervisor gets these too, and does what they ask for. A handler, other than SIG_IGN, is not inherited by what the app starts.
            ignored = try SignalWatch([SIGINT, SIGHUP, SIGUSR2, SIGTTIN, SIGTTOU])
            var waiting = sigset_t()
            sigemptyset(&waiting)
            sigaddset(&waiting, SIGINT)
            pthread_sigmask(SIG_UNBLOCK, &waiting, nil)
            succession = nil
        } else {
            ignored = nil
            succession = try Succession(
                listeners: equipment.listeners, pidFile: service.pidFile, reporter: service.service, logs: equipment.logs, logger: equipment.config.logger,
                admin: admin, monitor: service.monitor, certificates: equipment.config.tlsContexts, startupTimeout: equipment.config.startupTimeout, limits: ReplacementLimits(processes), program: successor)
        }
        if service.parent == nil { admin?.start() }
        try service.parent?.listen { [weak self] command in
            switch command {
            case .promoted:
                service.writePIDFile()
                reporter?.promoted()
                self?.becameService()
            case .reopenLogs: equipment.logs.reopen()
            // Who serves without a supervisor would never be told to stop; a successor that was not promoted has nothing to do.
            case nil: if reporter?.isPromoted == false { kill(getpid(), SIGTERM) }
            }
        }
    }

    /// The process serves from here on; `counts` is read, on any thread, for as long as it does.
    func hasBegun(_ counts: @escaping @Sendable () -> ServiceCounts) {
        succession?.hasBegun(counts)
        if isService.load(ordering: .acquiring) { storeSockets() }
    }

    /// The process is stopping: it is not replaced any more.
    func hasStopped() { succession?.end() }

    private func becameService() {
        isService.store(true, ordering: .releasing)
        admin?.start()
        storeSockets()
    }

    private func storeSockets() { stored?.keepOverRestart(logger) }

    /// Obeys no more.
    func end() {
        ignored?.stop()
        succession?.end()
        admin?.stop()
        requests.stop()
        statsD?.flush()
    }
}
