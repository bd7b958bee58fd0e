internal import Roost

/// The life of a serving process whose app is in Swift: set up, serve, report, and end with the right exit status.
struct ServiceLife {
    var settings: ResolvedSettings
    /// The program's name in error lines.
    let program: String

    /// Serves what `load` gives until it is told to stop.
    func run(_ load: () async throws -> Framework) async -> ExitStatus {
        let service = HostedService(settings, program: program, threads: Config().wsgiThreads)
        let reporter = service.reporter
        do {
            var config = try service.config()
            config.onPhase = { phase, status in
                reporter.entered(phase) { ServiceCounts(connections: status.connections, requestsInFlight: status.requestsInFlight) }
            }
            let app = try await Self.loaded(load)
            try await serve(app, config, taskStatus: TaskStatus { reporter.ready($0) })
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
