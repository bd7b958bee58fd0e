internal import Logging
internal import Roost

/// The logs of a process: the error log, and the access log if there is one.
struct HostLogs: Sendable {
    let errors: LogDestination
    let access: AccessLog?
    let logger: Logger

    /// Opens log files again, after they were moved away (SIGUSR1), or because the service is reloaded.
    func reopen(isReload: Bool = false) {
        if let reason = errors.output.reopen(key: "error_logfile", isReload: isReload) { logger.warning("the error log was not opened again: \(reason)") }
        access?.reopen(isReload: isReload)
    }
}

extension HostSettings {
    /// Opens what the settings say of the error log.
    ///
    /// - Parameters:
    ///   - descriptor: The file, if it is open already.
    ///   - program: The program's name.
    func errorLog(_ descriptor: Int32? = nil, program: String) throws(LogFileError) -> LogDestination {
        guard LogOutput.isFile(errorLogFile) else {
            return .standardError(errorLogFile == LogOutput.journal ? .journal : logFormat, identifier: program)
        }
        let opened = if let descriptor { descriptor } else { try LogOutput.open(errorLogFile, key: "error_logfile") }
        let output = LogOutput(path: errorLogFile, descriptor: opened, isOwned: true)
        return LogDestination(style: LogStyle(logFormat, nil), output: output, place: nil, identifier: program)
    }

    /// What logs there, from the level on that the settings say.
    func logger(_ destination: LogDestination) -> Logger {
        Logger(label: "roost") { destination.handler(label: $0, logLevel: logLevel) }
    }
}
