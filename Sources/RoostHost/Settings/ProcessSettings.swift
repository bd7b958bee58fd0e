internal import CLinux
internal import Roost

/// What the settings say about the processes that serve.
struct ProcessSettings: Sendable {
    /// How many; nil for one on each processor.
    var workers: Int? = 1
    /// A worker whose event loops have not answered for this long is killed.
    var timeout: Duration? = .seconds(60)
    /// A worker is replaced after so many requests.
    var maxRequests: Int?
    /// A random number up to this one is added to that for each worker.
    var maxRequestsJitter = 0
    /// A worker is replaced at this age.
    var lifetime: Duration?
    /// A worker is replaced when it has more memory than this, in bytes.
    var maxResidentBytes: Int?

    /// Without a connection for this long the service stops, and is started again by the next one.
    var exitIdleTime: Duration?
    /// Whether systemd keeps the sockets that Roost opened when the service is restarted.
    var storesSockets = false

    /// Whether the app is started anew when its files change.
    var reloads = false
    /// Patterns of the names of files that count then.
    var reloadIncluded = ["*.py"]
    /// Patterns of the names of files and directories that do not.
    var reloadExcluded = [".*", "__pycache__", "node_modules"]

    /// How many, with the processors counted that this process may run on.
    var workerCount: Int {
        workers ?? max(1, Int(clinux_processor_count()))
    }

    /// Whether others are to serve than the process that is started.
    var needsSupervisor: Bool { workerCount > 1 || reloads }

    /// As the supervisor of `workers` takes it.
    func policy(_ serve: Config) -> SupervisorPolicy {
        SupervisorPolicy(
            workers: workerCount, startupTimeout: serve.startupTimeout, gracefulTimeout: serve.gracefulTimeout, shutdownTimeout: serve.shutdownTimeout,
            timeout: timeout, maxRequests: maxRequests, maxRequestsJitter: maxRequestsJitter, workerLifetime: lifetime,
            maxResidentBytes: maxResidentBytes)
    }
}
