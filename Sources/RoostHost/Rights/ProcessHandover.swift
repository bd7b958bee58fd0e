internal import Glibc
internal import Roost
internal import Systemd

/// Files and sockets that a process leaves open for the program that takes its place, and the files for its workers and successor too: it has opened
/// them with rights that it gives up.
struct ProcessHandover: Sendable, Equatable {
    /// The descriptor of the configuration file.
    var configuration: Int32?
    /// The descriptor of the error log.
    var errorLog: Int32?
    /// The descriptor of the access log.
    var accessLog: Int32?
    /// The descriptor of the file that is to name the process.
    var pidFile: Int32?
    /// The descriptors of certificates, keys and their passwords, by their paths.
    var secrets: [String: Int32] = [:]
    /// The sockets that it listens on already. Workers and successors are told of all sockets by `ProcessRole`.
    var sockets: [StoredListener] = []

    /// Not a setting, so without their prefix.
    static let variable = "_ROOST_HANDOVER"

    private static let secret = "tls:"
    private static let socket = "socket:"

    init() {}

    /// - Parameters:
    ///   - text: `1234;access_logfile=5;pid=6`, which begins with the process that says so.
    ///   - processes: This process, which was another program before, and its parent. Whoever else inherits the variable does not inherit its
    ///     meaning.
    init(_ text: String, from processes: [Int32]) {
        let parts = text.split(separator: ";")
        guard let first = parts.first.flatMap({ Int32($0) }), processes.contains(first) else { return }
        for part in parts.dropFirst() {
            let halves = part.split(separator: "=", maxSplits: 1)
            guard halves.count == 2, let descriptor = Int32(halves[1]), descriptor > STDERR_FILENO else { continue }
            switch halves[0] {
            case "config": configuration = descriptor
            case "error_logfile": errorLog = descriptor
            case "access_logfile": accessLog = descriptor
            case "pid": pidFile = descriptor
            case let key where key.hasPrefix(Self.secret):
                if let path = EscapedText.unescaped(key.dropFirst(Self.secret.count)) { secrets[path] = descriptor }
            case let key where key.hasPrefix(Self.socket):
                let name = String(key.dropFirst(Self.socket.count))
                if let socket = StoredListener(.init(number: descriptor, name: name)) { sockets.append(socket) }
            default: continue
            }
        }
    }

    /// What tells a child of `parent` of it.
    func variables(parent: Int32) -> [(name: String, value: String)] { descriptors.isEmpty ? [] : [(Self.variable, text(process: parent))] }

    func text(process: Int32) -> String {
        let parts = [
            configuration.map { "config=\($0)" }, errorLog.map { "error_logfile=\($0)" }, accessLog.map { "access_logfile=\($0)" },
            pidFile.map { "pid=\($0)" },
        ]
        let secrets = secrets.sorted { $0.value < $1.value }.map { "\(Self.secret)\(EscapedText.escaped($0.key))=\($0.value)" }
        let sockets = sockets.map { "\(Self.socket)\($0.name)=\($0.descriptor)" }
        return (["\(process)"] + parts.compactMap(\.self) + secrets + sockets).joined(separator: ";")
    }

    /// What was left for this process.
    static let inherited = getenv(variable).map { ProcessHandover(String(cString: $0), from: [getpid(), getppid()]) } ?? ProcessHandover()

    /// What was left for this process, which from now on is kept from children that are not told of it.
    static func take() -> ProcessHandover {
        let inherited = inherited
        unsetenv(variable)
        for descriptor in inherited.descriptors { _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC) }
        return inherited
    }

    /// What is to be left for a child.
    static func inherited(for role: ProcessRole) -> ProcessHandover {
        var handover = inherited
        handover.sockets = []
        // There is one process that the file names.
        if case .worker = role { handover.pidFile = nil }
        return handover
    }

    /// Keeps the files open for the next program, and tells it of them.
    func leave() {
        for descriptor in descriptors { _ = fcntl(descriptor, F_SETFD, 0) }
        setenv(Self.variable, text(process: getpid()), 1)
    }

    /// What the other program must be given.
    var descriptors: [Int32] { [configuration, errorLog, accessLog, pidFile].compactMap(\.self) + secrets.values + sockets.map(\.descriptor) }
}
