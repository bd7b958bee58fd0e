internal import Logging
internal import Roost

extension HostSettings {
    /// The configuration that these settings stand for, with the log and the access log that they name.
    ///
    /// - Parameter threads: How many threads run WSGI apps if the settings do not say.
    func config(threads: Int) throws(AccessLogError) -> Config {
        var config = serve
        config.wsgiThreads = self.threads ?? threads
        let level = logLevel
        let logger = Logger(label: "roost") { LogStyle.current.handler(label: $0, logLevel: level) }
        config.logger = logger
        if let accessLogFile {
            let log = AccessLog(try AccessLogFile(accessLogFile) { logger.warning("\($0)") })
            config.accessLog = { log.record($0) }
        }
        return config
    }
}
