internal import Glibc
internal import Systemd

/// What a serving process sets up about itself before it serves.
enum ProcessSetup {
    /// - Returns: What is open already.
    static func prepare() -> ProcessHandover {
        // A client that goes away is an error of one write, not the end of the process.
        signal(SIGPIPE, SIG_IGN)
        raiseDescriptorLimit()
        // Now, while this is the only thread and before the app starts children: taking the sockets removes systemd's
        // variables from the environment. What it gives, or throws, is kept and comes up again when serving begins.
        _ = try? ListenDescriptors.take()
        return ProcessHandover.take()
    }

    /// Raises the soft limit of open descriptors to the hard one.
    ///
    /// The soft limit is kept low for the sake of select(2), which Roost does not use (systemd.exec(5), `LimitNOFILE=`).
    private static func raiseDescriptorLimit() {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0, limit.rlim_cur < limit.rlim_max else { return }
        limit.rlim_cur = limit.rlim_max
        // A refusal leaves the limit as it was, which is enough to serve with.
        _ = setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    }
}
