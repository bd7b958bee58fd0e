internal import Glibc

/// A log's file can't be opened. Its description is one line for the operator.
struct LogFileError: Error, Hashable, CustomStringConvertible {
    /// The setting that names the file.
    let key: String
    let path: String
    /// The errno value of open(2).
    let code: Int32

    /// `access_logfile "/srv/log/access": No such file or directory; name a file that the service may write to, or - for standard output`
    var description: String {
        if path == LogOutput.journal { return "\(key) = \"journal\": there is no journal here: \(JournalOutput.socket): \(String(cString: strerror(code)))" }
        let standard = key == "error_logfile" ? "standard error" : "standard output"
        return "\(key) \(OneLine.quoted(path)): \(String(cString: strerror(code))); name a file that the service may write to, or - for \(standard)"
    }
}
