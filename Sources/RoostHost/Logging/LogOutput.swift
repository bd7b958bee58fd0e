internal import CLinux
internal import Glibc
internal import Synchronization

/// Where the lines of a log go: a file that is appended to, standard error or standard output.
///
/// Lines that are given together are one write(2) where the kernel takes them all, so lines of several threads and processes do not mix. They
/// are written at once, by whoever logs: nothing is kept in memory, so that a process that dies leaves all it had to say. Nobody is waited for
/// but for a moment now and then (`LogPatience`). What is not taken is dropped and counted, and when the log works again its next line says how
/// much is missing.
final class LogOutput: Sendable {
    /// What was dropped and not told yet.
    struct Loss {
        var lines = 0
        /// Why the first of them was.
        var reason = ""
    }

    private struct State {
        var descriptor: UnwaitingDescriptor
        var patience = LogPatience()
        var loss = Loss()
        var pace = LossPace()
        /// Whether the last line to be written came to an end.
        var isAtLineStart = true
        var dropped = 0
    }

    /// What stands for standard error or standard output.
    static let standard = "-"
    /// What stands for the journal.
    static let journal = "journal"

    static func isFile(_ path: String) -> Bool { path != standard && path != journal }

    static let standardError = LogOutput(path: "standard error", descriptor: STDERR_FILENO, isOwned: false)
    static let standardOutput = LogOutput(path: "standard output", descriptor: STDOUT_FILENO, isOwned: false)

    /// The file, or what it is called in messages.
    let path: String
    private let isOwned: Bool
    private let state: Mutex<State>

    /// How many lines were dropped, in whole or in part.
    var dropped: Int { state.withLock(\.dropped) }

    /// Opens the file, and makes it with the mode 0640 if it is not there (the umask takes from that).
    convenience init(opening path: String, key: String) throws(LogFileError) {
        self.init(path: path, descriptor: try Self.open(path, key: key), isOwned: true)
    }

    /// - Parameter isOwned: Whether the descriptor is closed when this goes away.
    init(path: String, descriptor: Int32, isOwned: Bool) {
        self.path = path
        self.isOwned = isOwned
        state = Mutex(State(descriptor: UnwaitingDescriptor(descriptor)))
    }

    deinit {
        if isOwned { state.withLock { _ = close($0.descriptor.number) } }
    }

    /// - Parameter key: The setting that names the file.
    static func open(_ path: String, key: String) throws(LogFileError) -> Int32 {
        guard !path.utf8.contains(0) else { throw LogFileError(key: key, path: path, code: EINVAL) }
        // Not blocking: a named pipe is refused at once if nobody reads it.
        let descriptor = Glibc.open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0o640)
        guard descriptor >= 0 else { throw LogFileError(key: key, path: path, code: errno) }
        return descriptor
    }

    /// Opens the path again, where another file may be since the one that is open was moved away. If that fails it goes on with that one.
    ///
    /// - Parameter isReload: Nobody has asked for this file: that this user may not open what root has opened is no failure.
    /// - Returns: Why it failed; nil if it did not.
    func reopen(key: String, isReload: Bool = false) -> String? {
        guard isOwned else { return nil }
        do throws(LogFileError) {
            let new = try Self.open(path, key: key)
            defer { close(new) }
            return state.withLock { state in
                // The number stays: a successor may be told of it.
                let number = state.descriptor.number
                guard clinux_replace_descriptor(number, new) >= 0 else { return "\(OneLine.escaped(path)): \(String(cString: strerror(errno)))" }
                state.descriptor = UnwaitingDescriptor(number)
                return nil
            }
        } catch {
            return isReload && error.code == EACCES ? nil : "\(error)"
        }
    }

    /// Writes lines, each of which ends with its line feed.
    ///
    /// - Parameters:
    ///   - report: Makes the line, with its line feed, that says what was dropped, to go before these; nil if that is said elsewhere.
    /// - Returns: What has happened that is to be said elsewhere.
    @discardableResult
    func write(_ lines: UnsafeRawBufferPointer, report: ((Loss) -> [UInt8])? = nil) -> Outcome {
        let outcome = state.withLock { state -> Outcome in
            let loss = state.loss
            let isDue = loss.lines > 0 && state.pace.isDue()
            var prefix: [UInt8] = []
            // Behind a line that was cut off, this one would be part of it.
            if !state.isAtLineStart { prefix.append(UInt8(ascii: "\n")) }
            if isDue, let report { prefix += report(loss) }
            let written = prefix.isEmpty ? Self.write(lines, &state) : (prefix + lines).withUnsafeBytes { Self.write($0, &state) }
            let reason = errno
            if written == prefix.count + lines.count {
                state.isAtLineStart = true
                guard isDue else { return .written }
                state.loss = Loss()
                state.pace.note()
                return .worksAgain(loss)
            }
            if written > 0 { state.isAtLineStart = (prefix + lines)[written - 1] == UInt8(ascii: "\n") }
            let missing = lines[max(0, written - prefix.count)...].count { $0 == UInt8(ascii: "\n") }
            let isFirst = loss.lines == 0
            // What was lost before is told, even if no more than that was written.
            if isDue, report != nil, written >= prefix.count {
                state.loss.lines = 0
                state.pace.note()
            }
            if isFirst { state.loss.reason = reason == EAGAIN ? "nobody reads there" : String(cString: strerror(reason)) }
            state.loss.lines += missing
            state.dropped += missing
            LogLosses.add(missing)
            return isFirst ? .failed(state.loss) : .stillFails
        }
        return outcome
    }

    /// What became of lines.
    enum Outcome {
        case written
        /// They were written, and this many before them were not.
        case worksAgain(Loss)
        /// They were dropped, in whole or in part, as the first ones.
        case failed(Loss)
        /// They were dropped like those before them.
        case stillFails
    }

    private static func write(_ bytes: UnsafeRawBufferPointer, _ state: inout State) -> Int {
        let descriptor = state.descriptor
        return descriptor.write(bytes) { state.patience.take() }
    }
}

extension LogOutput {
    /// Writes one line, whose line feed is added.
    func write(line: String, report: ((Loss) -> [UInt8])? = nil) {
        var text = line
        text += "\n"
        text.withUTF8 { _ = write(UnsafeRawBufferPointer($0), report: report) }
    }
}
