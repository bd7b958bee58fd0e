package import Roost

/// What a process that serves an app in Python asks of the host: its command line, its settings, and the service manager.
///
/// It reads the command line of `roost serve` by the same table as `roost` itself, so that flags, variables and the file
/// mean there what they mean here.
package final class WorkerHost: Sendable {
    /// What a command line asks for.
    package enum Request: Sendable {
        /// Serve with these settings.
        case serve(WorkerHost)
        /// Print this and end with 0: help, the version, the settings in effect.
        case print(String)
    }

    package let settings: WorkerSettings
    private let service: HostedService

    /// Reads a command line, and sets up the process if it asks to serve.
    ///
    /// - Parameters:
    ///   - arguments: Without the program's name: `serve …`.
    ///   - environment: All variables; nil for those of this process.
    package static func read(_ arguments: [String], environment: [String: String]? = nil) throws(WorkerError) -> Request {
        do {
            let environment = environment ?? ProcessEnvironment.variables()
            switch try CommandLineRequest(roost: arguments, environment: environment) {
            case .text(let text): return .print(text)
            case .showConfiguration(let settings): return .print(ConfigurationListing.text(settings, .command))
            case .serve(let settings): return .serve(try WorkerHost(settings))
            }
        } catch {
            throw WorkerError(error)
        }
    }

    private init(_ settings: ResolvedSettings) throws(AccessLogError) {
        service = HostedService(settings, program: Self.program, threads: WorkerSettings.threads)
        do throws(AccessLogError) {
            self.settings = WorkerSettings(settings.values, try service.config())
        } catch {
            service.reporter.finished(ExitStatus(error), failure: error.description)
            throw error
        }
    }

    /// The server goes from one phase to the next; `counts` is read, on any thread, for as long as the phase lasts.
    package func entered(_ phase: ServePhase, counts: @escaping @Sendable () -> WorkerCounts = { WorkerCounts() }) {
        service.reporter.entered(phase) {
            let counts = counts()
            return ServiceCounts(connections: counts.connections, requestsInFlight: counts.requestsInFlight)
        }
    }

    /// The app is up and every address is listened on: the phase `serving` begins.
    package func ready(_ binds: [BoundAddress], counts: @escaping @Sendable () -> WorkerCounts = { WorkerCounts() }) {
        service.reporter.ready(binds)
        entered(.serving(binds), counts: counts)
    }

    /// The last word before the process ends.
    ///
    /// - Parameters:
    ///   - status: What the process will end with.
    ///   - reason: Why, if nobody asked for it: one line, which is printed.
    ///   - errno: The error number behind it, for the service manager.
    package func finished(_ status: Int32, reason: String? = nil, errno: Int32? = nil) {
        service.finished(ExitStatus(rawValue: status) ?? .internalError, failure: reason, errno: errno)
    }

    /// Prints the line with which a worker ends that came to no settings: `roost: error: …`.
    package static func print(_ error: WorkerError) {
        StandardError.write(error: error.description, program: program)
    }

    static let program = "roost"
}

/// Live counts of a server, which the service manager shows.
package struct WorkerCounts: Sendable, Hashable {
    package var connections: Int
    package var requestsInFlight: Int

    package init(connections: Int = 0, requestsInFlight: Int = 0) {
        self.connections = connections
        self.requestsInFlight = requestsInFlight
    }
}

/// Why a worker has no settings to serve with.
package struct WorkerError: Error, CustomStringConvertible {
    /// One line for the operator.
    package let description: String
    /// What the process ends with.
    package let status: Int32

    init(_ error: any Error) {
        description = "\(error)"
        status = ExitStatus(error).rawValue
    }
}
