internal import Glibc

/// Root's rights could not be given up. Its description is one line for the operator.
enum PrivilegesError: Error, Hashable, CustomStringConvertible {
    /// The kernel refused a system call.
    case refused(call: String, code: Int32)
    /// The process could have them again.
    case kept
    /// The program could not be started again as the user.
    case notStarted(path: String, code: Int32)

    var description: String {
        let wayOut = "let the service manager start the process as the user (User= in the service unit), and leave user and group out"
        return switch self {
        case .refused(let call, let code):
            "root's rights cannot be given up for user and group: \(call): \(String(cString: strerror(code))); \(wayOut)"
        case .kept:
            "root's rights have not gone with the change to user and group; \(wayOut)"
        case .notStarted(let path, let code):
            "the user whom user names cannot run \(OneLine.escaped(path)): \(String(cString: strerror(code))); install it where everybody may read it"
        }
    }
}

/// The process is root, and no setting says that it may be. Its description is one line for the operator.
struct RootError: Error, Hashable, CustomStringConvertible {
    var description: String {
        "this process is root, whose rights an app should not have; name the user to serve as with --user, or with User= or DynamicUser=yes in "
            + "the service unit, or say --allow-root"
    }
}
