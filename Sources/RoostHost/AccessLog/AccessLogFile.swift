/// Where access lines go: a file that is appended to, or standard output.
///
/// What can't be written is dropped and counted, and the error log says so: when it begins, and how much it was once the file takes lines again.
final class AccessLogFile: Sendable {
    private static let key = "access_logfile"

    private let output: LogOutput
    private let warn: @Sendable (String) -> Void

    /// How many lines were dropped, in whole or in part.
    var dropped: Int { output.dropped }

    /// Opens the file, and makes it with the mode 0640 if it is not there (the umask takes from that).
    ///
    /// - Parameters:
    ///   - path: A path, or `-` for standard output.
    ///   - warn: Is called with a line for the operator when lines could not be written.
    convenience init(_ path: String, warn: @escaping @Sendable (String) -> Void) throws(LogFileError) {
        self.init(path == LogOutput.standard ? .standardOutput : try LogOutput(opening: path, key: Self.key), warn: warn)
    }

    /// - Parameter descriptor: The open file, which is closed when this goes away.
    convenience init(path: String, descriptor: Int32, isOwned: Bool, warn: @escaping @Sendable (String) -> Void) {
        self.init(LogOutput(path: path, descriptor: descriptor, isOwned: isOwned), warn: warn)
    }

    private init(_ output: LogOutput, warn: @escaping @Sendable (String) -> Void) {
        self.output = output
        self.warn = warn
    }

    /// Opens the path again, where another file may be since the one that is open was moved away. If that fails it goes on with that one.
    func reopen(isReload: Bool = false) {
        if let reason = output.reopen(key: Self.key, isReload: isReload) { warn("the access log was not opened again: \(reason)") }
    }

    /// Writes lines, each of which ends with its line feed.
    func write(_ lines: UnsafeRawBufferPointer) {
        switch output.write(lines) {
        case .written, .stillFails: break
        case .failed(let loss): warn("the access log \(OneLine.escaped(output.path)) takes no lines, which are dropped: \(loss.reason)")
        case .worksAgain(let loss):
            warn("the access log \(OneLine.escaped(output.path)) takes lines again; \(LogLosses.report(loss.lines, reason: loss.reason))")
        }
    }

    func write(_ line: [UInt8]) {
        line.withUnsafeBytes { write($0) }
    }
}
