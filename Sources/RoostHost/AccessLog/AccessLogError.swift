internal import Glibc

/// The access log can't be opened. Its description is one line for the operator.
struct AccessLogError: Error, Hashable, CustomStringConvertible {
    /// The file that the setting names.
    let path: String
    /// The errno value of open(2).
    let code: Int32

    /// `access_logfile "/srv/log/access": No such file or directory; name a file that the service may write to, or - for standard output`
    var description: String {
        "access_logfile \(OneLine.quoted(path)): \(String(cString: strerror(code))); name a file that the service may write to, or - for standard output"
    }
}
