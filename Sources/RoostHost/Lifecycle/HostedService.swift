internal import Glibc
internal import Logging
internal import Roost
internal import Systemd

/// What stands around a server that is a process of its own: its settings made complete, who is told of its life, and its
/// last word.
struct HostedService: Sendable {
    let role: ProcessRole
    let reporter: any LifeReporter
    /// Tells the service manager; a worker's tells nobody.
    let service: ServiceReporter
    /// To the process that has started this one, unless that is no process of Roost's.
    let parent: ParentChannel?
    let settings: ResolvedSettings
    /// What is known of the server in this process.
    let monitor: ServerMonitor
    /// The program's name in error lines.
    let program: String
    /// Threads for WSGI apps if the settings do not say.
    private let threads: Int
    private let handover: ProcessHandover
    private let logResult: Result<LogDestination, LogFileError>
    private let logger: Logger
    private let pidFileResult: Result<PIDFile?, PIDFileError>

    /// Sets up the process, so that it should be made once, early, and while there is only one thread.
    init(_ settings: ResolvedSettings, program: String, threads: Int) throws(ProcessRoleError) {
        let handover = ProcessSetup.prepare()
        self.handover = handover
        let role = try ProcessRole.take()
        self.role = role
        self.settings = settings
        self.program = program
        self.threads = threads
        logResult = Result { () throws(LogFileError) in try settings.values.errorLog(handover.errorLog, program: program) }
        // Without its file the process ends soon, and says so where it can.
        let log = (try? logResult.get()) ?? .standardError(identifier: program)
        log.install()
        let logger = settings.values.logger(log)
        self.logger = logger
        if case .service = role {
            for warning in settings.warnings { logger.warning("\(warning)") }
        }
        pidFileResult = Result { () throws(PIDFileError) in
            guard let path = settings.values.rights.pidFile else { return nil }
            return switch (role, handover.pidFile) {
            case (.worker, _): nil
            case (.service, nil): try PIDFile(path, logger: logger)
            case (.service, let reserved), (.successor, let reserved): PIDFile(path, reserved: reserved)
            }
        }
        monitor = ServerMonitor(app: settings.values.app ?? program, isShown: settings.values.observation.adminSocket != nil)
        service = ServiceReporter(timeouts: PhaseTimeouts(settings.values.serve), logger: logger)
        switch role {
        case .service:
            parent = nil
            reporter = service
        case .worker(_, let channel, _), .successor(let channel, _, _):
            let parent = ParentChannel(channel)
            self.parent = parent
            reporter = ParentReporter(parent, service: service, monitor: monitor)
        }
    }

    /// Whether others are to serve what this process holds the sockets for.
    var isForSupervisor: Bool {
        if case .worker = role { false } else { settings.values.processes.needsSupervisor }
    }

    /// What a server is to serve with.
    struct Equipment {
        var config: Config
        let logs: HostLogs
        let listeners: OpenListeners
        let statsD: StatsDSender?
    }

    /// Opens the logs, and says what to serve on. If the settings name no address, the sockets that systemd passed are served,
    /// and without them the default address is.
    func equipment() throws -> Equipment {
        let errors = try logResult.get()
        _ = try pidFileResult.get()
        var (config, accessLog) = try settings.values.configAndLog(threads: threads, logger, accessLog: handover.accessLog, worker: role.workerNumber)
        if settings.origins["bind"] == nil, isActivated { config.bind = [.systemd(name: nil)] }
        config.bindSettings = settings.bindSettings
        try settings.addTLS(to: &config)
        if !isForSupervisor { config = try config.withCertificates() }
        let listeners = switch role {
        case .service: OpenListeners(config, early: self.handover.sockets)
        case .worker(_, _, let handover): OpenListeners(config, adopting: handover, isOwner: false)
        case .successor(_, let handover, _): OpenListeners(config, adopting: handover, isOwner: true)
        }
        config.listeners = listeners
        config.metricsFactory = MetricsRegistry.shared.factory(isShown: monitor.isShown)
        config.appName = settings.values.app ?? program
        config.namesTasks = settings.values.observation.slowRequest != nil
        if let time = settings.values.processes.exitIdleTime, !isActivated {
            throw SettingError.refused(
                key: "exit_idle_time", value: .text(TimeText(time)?.description ?? "\(time)"), origin: settings.origins["exit_idle_time"] ?? .builtIn,
                reason: "nobody would start the service again: systemd has passed no sockets to it; start it by a socket unit, or leave this out")
        }
        var statsD: StatsDSender?
        if !isForSupervisor, let server = settings.values.observation.statsDServer {
            let observation = settings.values.observation
            let sender = try StatsDSender(server, prefix: observation.statsDPrefix, tags: observation.statsDTags)
            config.logger.handler = StatsDLogHandler(sender, before: config.logger.handler)
            config.accessLog = { [log = config.accessLog] entry in
                log?(entry)
                sender.record(entry)
            }
            statsD = sender
        }
        if case .worker(let number, _, _) = role {
            // The supervisor waits before it tells its workers.
            config.drainDelay = .zero
            config.isOneOfSeveral = true
            config.logger[metadataKey: "worker"] = .stringConvertible(number)
        }
        return Equipment(
            config: config, logs: HostLogs(errors: errors, access: accessLog, logger: config.logger), listeners: listeners, statsD: statsD)
    }

    /// Opens the admin socket, if the settings name one and it is not another process that has it.
    ///
    /// - Throws: `BindError`.
    func adminServer(_ view: any ServiceView) throws -> AdminServer? {
        guard let config = settings.adminConfig else { return nil }
        switch role {
        case .worker: return nil
        case .successor(_, _, let admin?): return AdminServer(config, view, adopting: admin, logger: logger)
        case .service, .successor: return AdminServer(config, view, early: handover.sockets, logger: logger)
        }
    }

    private var isActivated: Bool {
        switch role {
        case .service: !((try? ListenDescriptors.take())?.activated.descriptors.isEmpty ?? true)
        case .worker(_, _, let handover), .successor(_, let handover, _): handover.isActivated
        }
    }

    /// The app is up and every address is listened on.
    func ready(_ binds: [BoundAddress]) {
        // Whoever is told of it may ask the admin socket at once.
        monitor.entered(.serving(binds), nil)
        if case .service = role { writePIDFile() }
        reporter.ready(binds)
    }

    /// This process is the service from here on.
    func writePIDFile() {
        do throws(PIDFileError) {
            try pidFile?.write()
        } catch {
            logger.warning("the pid file was not written: \(error)")
        }
    }

    /// The file that names the service; nil in a worker, or if nobody wants one.
    var pidFile: PIDFile? { try? pidFileResult.get() }

    /// Serving is over; `failure` says why, if it was not asked for.
    func finished(_ status: ExitStatus, failure: String? = nil, errno: Int32? = nil) {
        // With the main process ends the service: the one before it may still have requests to finish.
        if let reporter = reporter as? ParentReporter, reporter.isPromoted { parent?.waitForEnd() }
        pidFile?.remove()
        let isReported = reporter.finished(status, failure: failure, errno: errno)
        if let failure, !isReported { StandardError.write(error: failure, program: program) }
    }
}
