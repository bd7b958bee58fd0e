internal import Logging
internal import Roost

extension HostSettings {
    /// The log that the settings name.
    var logger: Logger {
        let level = logLevel
        return Logger(label: "roost") { LogStyle.current.handler(label: $0, logLevel: level) }
    }

    /// The configuration that these settings stand for, with the log and the access log that they name.
    ///
    /// - Parameter threads: How many threads run WSGI apps if the settings do not say.
    func config(threads: Int) throws(AccessLogError) -> Config { try configAndLog(threads: threads).config }

    /// The same, and the access log, if there is one.
    ///
    /// - Parameter handover: What is open already.
    func configAndLog(threads: Int, handover: ProcessHandover = ProcessHandover()) throws(AccessLogError) -> (config: Config, accessLog: AccessLog?) {
        var config = serve
        config.wsgiThreads = self.threads ?? threads
        let logger = logger
        config.logger = logger
        let accessLog = try accessLogFile.map { path throws(AccessLogError) in
            let warn = { @Sendable (line: String) in logger.warning("\(line)") }
            guard let descriptor = handover.accessLog else { return AccessLog(try AccessLogFile(path, warn: warn)) }
            return AccessLog(AccessLogFile(path: path, descriptor: descriptor, isOwned: true, warn: warn))
        }
        if let accessLog { config.accessLog = { accessLog.record($0) } }
        return (config, accessLog)
    }
}
