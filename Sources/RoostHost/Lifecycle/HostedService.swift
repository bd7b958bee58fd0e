internal import Roost
internal import Systemd

/// What stands around a server that is a process of its own: its settings made complete, what the service manager is told
/// of it, and its last word.
struct HostedService: Sendable {
    let reporter: ServiceReporter
    private let settings: ResolvedSettings
    /// The program's name in error lines.
    private let program: String
    /// Threads for WSGI apps if the settings do not say.
    private let threads: Int

    /// Sets up the process, so that it should be made once, early, and while there is only one thread.
    init(_ settings: ResolvedSettings, program: String, threads: Int) {
        ProcessSetup.prepare()
        self.settings = settings
        self.program = program
        self.threads = threads
        reporter = ServiceReporter(timeouts: PhaseTimeouts(settings.values.serve))
    }

    /// The configuration to serve with. If the settings name no address, the sockets that systemd passed are served, and
    /// without them the default address is.
    func config() throws(AccessLogError) -> Config {
        var config = try settings.values.config(threads: threads)
        if settings.origins["bind"] == nil, let activated = try? ListenDescriptors.take(), !activated.descriptors.isEmpty {
            config.bind = [.systemd(name: nil)]
        }
        return config
    }

    /// Serving is over; `failure` says why, if it was not asked for.
    func finished(_ status: ExitStatus, failure: String? = nil, errno: Int32? = nil) {
        reporter.finished(status, failure: failure, errno: errno)
        if let failure { StandardError.write(error: failure, program: program) }
    }
}
