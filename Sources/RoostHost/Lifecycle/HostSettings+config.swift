internal import Logging
internal import Roost

extension HostSettings {
    /// The configuration that these settings stand for, with the logs that they name.
    ///
    /// - Parameter threads: How many threads run WSGI apps if the settings do not say.
    func config(threads: Int) throws(LogFileError) -> Config {
        try configAndLog(threads: threads, logger(try errorLog(program: ProgramName.current))).config
    }

    /// The same, with this log, and the access log, if there is one.
    ///
    /// - Parameter accessLog: The access log's file, if it is open already.
    func configAndLog(threads: Int, _ logger: Logger, accessLog descriptor: Int32? = nil) throws(LogFileError) -> (config: Config, accessLog: AccessLog?) {
        var config = serve
        config.wsgiThreads = self.threads ?? threads
        config.logger = logger
        let accessLog = try accessLogFile.map { path throws(LogFileError) in
            let warn = { @Sendable (line: String) in logger.warning("\(line)") }
            guard let descriptor else { return AccessLog(try AccessLogFile(path, warn: warn)) }
            return AccessLog(AccessLogFile(path: path, descriptor: descriptor, isOwned: true, warn: warn))
        }
        if let accessLog { config.accessLog = { accessLog.record($0) } }
        return (config, accessLog)
    }
}
