internal import Logging
internal import Roost
internal import Systemd

/// The life of a serving process: set up, serve, report, and end with the right exit status.
struct ServiceLife {
    var settings: HostSettings
    /// Whether the settings name addresses; if not, sockets that systemd passed are served, and without them the default address is.
    var namesAddresses = true
    /// The program's name in error lines.
    let program: String

    /// Serves what `load` gives until it is told to stop.
    func run(_ load: () async throws -> Framework) async -> ExitStatus {
        ProcessSetup.prepare()
        var config = settings.serve
        let level = settings.logLevel
        config.logger = Logger(label: "roost") { LogStyle.current.handler(label: $0, logLevel: level) }
        if !namesAddresses, let activated = try? ListenDescriptors.take(), !activated.descriptors.isEmpty {
            config.bind = [.systemd(name: nil)]
        }
        let reporter = ServiceReporter(timeouts: PhaseTimeouts(config))
        config.onPhase = { phase, status in
            reporter.entered(phase) { ServiceCounts(connections: status.connections, requestsInFlight: status.requestsInFlight) }
        }
        do {
            config.accessLog = try accessLog(config.logger)
            let app = try await Self.loaded(load)
            try await serve(app, config, taskStatus: TaskStatus { reporter.ready($0) })
            reporter.finished(.asked)
            return .asked
        } catch {
            let status = ExitStatus(error)
            let reason = "\(error)"
            reporter.finished(status, failure: reason, errno: (error as? BindError)?.code)
            StandardError.write(error: reason, program: program)
            return status
        }
    }

    private func accessLog(_ logger: Logger) throws(AccessLogError) -> (@Sendable (AccessEntry) -> Void)? {
        guard let path = settings.accessLogFile else { return nil }
        let log = AccessLog(try AccessLogFile(path) { logger.warning("\($0)") })
        return { log.record($0) }
    }

    private static func loaded(_ load: () async throws -> Framework) async throws -> Framework {
        do {
            return try await load()
        } catch let error as AppCatalogueError {
            throw error
        } catch {
            throw AppLoadingError(cause: error)
        }
    }
}
