internal import Glibc
internal import Roost

/// The access log: an entry for each request that has ended, in a file, on standard output or in the journal.
struct AccessLog: Sendable {
    private enum Destination {
        case file(AccessLogFile)
        case journal(identifier: String)
    }

    private let destination: Destination
    private let format: AccessLogFormat
    /// The number of this worker; nil in a process without a supervisor.
    private let worker: Int?
    private let warn: @Sendable (String) -> Void

    /// Opens the log.
    ///
    /// - Parameters:
    ///   - path: A path, `-` for standard output, or `journal`.
    ///   - descriptor: The file, if it is open already.
    ///   - identifier: The program's name, for the journal.
    ///   - warn: Is called with a line for the operator when lines could not be written.
    init(
        _ path: String, _ format: AccessLogFormat, descriptor: Int32? = nil, worker: Int? = nil, identifier: String, warn: @escaping @Sendable (String) -> Void
    ) throws(LogFileError) {
        self.format = format
        self.worker = worker
        self.warn = warn
        if path == LogOutput.journal {
            guard access(JournalOutput.socket, W_OK) == 0 else { throw LogFileError(key: "access_logfile", path: path, code: errno) }
            destination = .journal(identifier: identifier)
        } else if let descriptor {
            destination = .file(AccessLogFile(path: path, descriptor: descriptor, isOwned: true, warn: warn))
        } else {
            destination = .file(try AccessLogFile(path, warn: warn))
        }
    }

    /// Has a server log here.
    func attach(to config: inout Config) {
        config.recordsResponseHead = format.needsResponseHead
        config.makeAccessRecorder = { recorder() }
    }

    /// What writes the entries of one event loop.
    func recorder() -> any AccessRecorder {
        let writer = AccessLineWriter(format, worker: worker)
        return switch destination {
        case .file(let file): AccessFileRecorder(writer, file)
        case .journal(let identifier): AccessJournalRecorder(writer, identifier: identifier, warn: warn)
        }
    }

    /// Opens the file again, after it was moved away.
    func reopen(isReload: Bool = false) {
        if case .file(let file) = destination { file.reopen(isReload: isReload) }
    }
}
