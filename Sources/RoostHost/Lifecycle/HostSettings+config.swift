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
    /// - Parameters:
    ///   - accessLog: The access log's file, if it is open already.
    ///   - worker: The number of this worker; nil in a process without a supervisor.
    func configAndLog(
        threads: Int, _ logger: Logger, accessLog descriptor: Int32? = nil, worker: Int? = nil
    ) throws(LogFileError) -> (config: Config, accessLog: AccessLog?) {
        var config = serve
        config.wsgiThreads = self.threads ?? threads
        config.logger = logger
        let accessLog = try accessLogFile.map { path throws(LogFileError) in
            try AccessLog(path, accessLogFormat, descriptor: descriptor, worker: worker, identifier: ProgramName.current) { logger.warning("\($0)") }
        }
        accessLog?.attach(to: &config)
        return (config, accessLog)
    }
}
