internal import Glibc
internal import Roost

/// What a process is to the one that has started it, which says so in two variables.
///
/// `_ROOST_ROLE` is `VERSION MAKER worker NUMBER CHANNEL` or `VERSION MAKER successor CHANNEL`, `_ROOST_LISTENERS` the sockets, and
/// `_ROOST_ADMIN_LISTENER` that of the service's own, if it has one. They count only for who
/// has the channel that this process made: whatever that one starts may inherit the variables, but not their meaning. Whose child it is does not tell,
/// because the maker may be gone by now: who took itself for a service then would serve on, with nobody to stop it.
enum ProcessRole: Sendable, Equatable {
    /// Started by somebody else: a service manager, a shell.
    case service
    /// One of several that a supervisor has serve on its sockets.
    case worker(number: Int, channel: Int32, ListenerHandover)
    /// The next process of a service, which takes the sockets over when it is ready.
    case successor(channel: Int32, ListenerHandover, admin: ListenerHandover? = nil)

    /// The number of a worker; nil for the others.
    var workerNumber: Int? { if case .worker(let number, _, _) = self { number } else { nil } }

    static let roleVariable = "_ROOST_ROLE"
    static let listenersVariable = "_ROOST_LISTENERS"
    static let adminVariable = "_ROOST_ADMIN_LISTENER"
    /// What both sides must agree on: the words here, the messages on the channel, and the text of the sockets.
    static let version = 2

    /// The role of this process; takes the variables away.
    ///
    /// - Throws: `ProcessRoleError` if the parent is of another version, which happens if the program was replaced while it ran.
    static func take() throws(ProcessRoleError) -> ProcessRole {
        defer {
            unsetenv(roleVariable)
            unsetenv(listenersVariable)
            unsetenv(adminVariable)
        }
        guard let role = getenv(roleVariable) else { return .service }
        let listeners = getenv(listenersVariable).map { String(cString: $0) }
        let admin = getenv(adminVariable).map { String(cString: $0) }
        return try ProcessRole(role: String(cString: role), listeners: listeners ?? "", admin: admin) { PeerCredentials(of: $0)?.pid }
    }

    /// - Parameter maker: The process that has made this channel; nil if there is no such channel.
    init(role: String, listeners: String, admin: String? = nil, maker: (_ channel: Int32) -> Int32?) throws(ProcessRoleError) {
        let words = role.split(separator: " ")
        // In every version the channel comes last.
        guard words.count >= 3, let version = Int(words[0]), let named = Int32(words[1]), let last = words.last, let channel = Int32(last) else {
            throw ProcessRoleError(role)
        }
        guard maker(channel) == named else {
            self = .service
            return
        }
        let handover: ListenerHandover
        let adminHandover: ListenerHandover?
        do {
            guard version == Self.version else { throw ProcessRoleError(role) }
            handover = try ListenerHandover(listeners)
            adminHandover = try admin.map { admin throws(BindError) in try ListenerHandover(admin) }
        } catch {
            throw ProcessRoleError(role)
        }
        let numbers = words.dropFirst(3).map { Int32($0) ?? -1 }
        switch (words.dropFirst(2).first, numbers.count) {
        case ("worker", 2) where numbers[0] > 0 && numbers[1] >= 0: self = .worker(number: Int(numbers[0]), channel: numbers[1], handover)
        case ("successor", 1) where numbers[0] >= 0: self = .successor(channel: numbers[0], handover, admin: adminHandover)
        default: throw ProcessRoleError(role)
        }
    }

    /// The variables that give this role to who has the channel that `maker` made.
    func variables(maker: Int32) -> [(name: String, value: String)] {
        switch self {
        case .service: []
        case .worker(let number, let channel, let listeners):
            [(Self.roleVariable, "\(Self.version) \(maker) worker \(number) \(channel)"), (Self.listenersVariable, listeners.description)]
        case .successor(let channel, let listeners, let admin):
            [(Self.roleVariable, "\(Self.version) \(maker) successor \(channel)"), (Self.listenersVariable, listeners.description)]
                + (admin.map { [(Self.adminVariable, $0.description)] } ?? [])
        }
    }
}

/// The parent speaks another version.
struct ProcessRoleError: Error, CustomStringConvertible {
    private let role: String

    init(_ role: String) { self.role = role }

    var description: String {
        "the process that has started this one is of another version of roost (\(ProcessRole.roleVariable) is \(OneLine.quoted(role))); "
            + "restart the service instead of reloading it"
    }
}
