internal import Glibc
internal import CSystemd

/// The variables of socket activation as they stand in the environment.
///
/// libsystemd decides whether they are right; when it refuses them with nothing but an error number,
/// this finds the variable at fault so that the error can name it.
struct ListenVariables {
    var process: String?
    var count: String?
    var names: String?

    static var current: ListenVariables {
        ListenVariables(process: value("LISTEN_PID"), count: value("LISTEN_FDS"), names: value("LISTEN_FDNAMES"))
    }

    private static func value(_ name: String) -> String? {
        getenv(name).map { String(cString: $0) }
    }

    /// The error that stands for libsystemd's refusal with this (positive) error number.
    func explain(failure: Int32) -> ListenDescriptorsError {
        switch failure {
        case EBADF:
            .notOpen(number: firstClosed, count: count ?? "")
        case EINVAL, ERANGE:
            explainJunk()
        default:
            .system(errno: failure)
        }
    }

    private func explainJunk() -> ListenDescriptorsError {
        if let process, !isPositive(process) {
            return .junk(variable: "LISTEN_PID", value: process, expected: "a process id")
        }
        if let count, !isPositive(count) {
            return .junk(variable: "LISTEN_FDS", value: count, expected: "a number of descriptors, at least 1")
        }
        return .junk(variable: "LISTEN_FDNAMES", value: names ?? "", expected: "\(count ?? "0") names separated by colons, as LISTEN_FDS says")
    }

    /// Within what libsystemd takes as a process id or as a number of descriptors: the numbers must not exceed a C int.
    private func isPositive(_ text: String) -> Bool {
        guard let number = Int32(text) else { return false }
        return number > 0 && number <= Int32.max - SD_LISTEN_FDS_START
    }

    /// The number of the first descriptor that was promised but is not open. There is one, so the search ends.
    private var firstClosed: Int32 {
        var number = SD_LISTEN_FDS_START
        while number < Int32.max, fcntl(number, F_GETFD) >= 0 { number += 1 }
        return number
    }
}
