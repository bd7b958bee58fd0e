internal import Glibc
internal import Roost

/// The life of a serving process whose app is in Swift: set up, serve, report, and end with the right exit status.
struct ServiceLife {
    var settings: ResolvedSettings
    /// The program's name in error lines.
    let program: String

    /// Serves what `load` gives until it is told to stop.
    func run(_ load: () async throws -> Framework) async -> ExitStatus {
        let service: HostedService
        do {
            service = try HostedService(settings, program: program, threads: Config().wsgiThreads)
        } catch {
            StandardError.write(error: "\(error)", program: program)
            return ExitStatus(error)
        }
        if service.isForSupervisor { return Supervisor.supervise(service) { () throws(ChildProgramError) in try ChildProgram.itself() } }
        do {
            let equipment = try service.equipment()
            var config = equipment.config
            let reporter = service.reporter
            let attendance = try ProcessAttendance(service, equipment, successor: { try ChildProgram.itself() })
            config.onPhase = { [monitor = service.monitor] phase, status in
                monitor.entered(phase, status)
                reporter.entered(phase) { ServiceCounts(status) }
                switch phase {
                case .starting: break
                case .serving: attendance.hasBegun { ServiceCounts(status) }
                case .draining, .stopping: attendance.hasStopped()
                }
            }
            defer { attendance.end() }
            let app = try await Self.loaded(load)
            // The app may have named a place for metrics while it was made.
            config.metricsFactory = MetricsRegistry.shared.factory(isShown: service.monitor.isShown)
            // A worker is told by its supervisor alone: at a terminal Ctrl-C reaches both.
            let trigger: ShutdownTrigger? = if case .worker = service.role { .onSignals(SIGTERM) } else { nil }
            try await serve(app, config, shutdownTrigger: trigger, taskStatus: TaskStatus { service.ready($0) })
            service.finished(.asked)
            return .asked
        } catch {
            let status = ExitStatus(error)
            service.finished(status, failure: "\(error)", errno: (error as? BindError)?.code)
            return status
        }
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
