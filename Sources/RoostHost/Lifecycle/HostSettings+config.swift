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
    func configAndLog(threads: Int) throws(AccessLogError) -> (config: Config, accessLog: AccessLog?) {
        var config = serve
        config.wsgiThreads = self.threads ?? threads
        let logger = logger
        config.logger = logger
        let accessLog = try accessLogFile.map { path throws(AccessLogError) in
            AccessLog(try AccessLogFile(path) { logger.warning("\($0)") })
        }
        if let accessLog { config.accessLog = { accessLog.record($0) } }
        return (config, accessLog)
    }
}
