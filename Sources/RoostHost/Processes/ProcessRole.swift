internal import Glibc
internal import Roost

/// What a process is to the one that has started it, which says so in two variables.
///
/// `_ROOST_ROLE` is `VERSION PARENT worker NUMBER CHANNEL` or `VERSION PARENT successor CHANNEL`, `_ROOST_LISTENERS` the sockets. They count only in
/// a child of `PARENT`: whatever that child starts may inherit the variables, but not their meaning.
enum ProcessRole: Sendable, Equatable {
    /// Started by somebody else: a service manager, a shell.
    case service
    /// One of several that a supervisor has serve on its sockets.
    case worker(number: Int, channel: Int32, ListenerHandover)
    /// The next process of a service, which takes the sockets over when it is ready.
    case successor(channel: Int32, ListenerHandover)

    static let roleVariable = "_ROOST_ROLE"
    static let listenersVariable = "_ROOST_LISTENERS"
    /// What both sides must agree on: the words here, the messages on the channel, and the text of the sockets.
    static let version = 1

    /// The role of this process; takes the variables away.
    ///
    /// - Throws: `ProcessRoleError` if the parent is of another version, which happens if the program was replaced while it ran.
    static func take() throws(ProcessRoleError) -> ProcessRole {
        defer {
            unsetenv(roleVariable)
            unsetenv(listenersVariable)
        }
        guard let role = getenv(roleVariable) else { return .service }
        let listeners = getenv(listenersVariable).map { String(cString: $0) }
        return try ProcessRole(role: String(cString: role), listeners: listeners ?? "", parent: getppid())
    }

    /// - Parameter parent: The parent of this process.
    init(role: String, listeners: String, parent: Int32) throws(ProcessRoleError) {
        let words = role.split(separator: " ")
        guard words.count >= 2, let version = Int(words[0]), let named = Int32(words[1]) else { throw ProcessRoleError(role) }
        guard named == parent else {
            self = .service
            return
        }
        guard version == Self.version, let handover = try? ListenerHandover(listeners) else { throw ProcessRoleError(role) }
        let numbers = words.dropFirst(3).map { Int32($0) ?? -1 }
        switch (words.dropFirst(2).first, numbers.count) {
        case ("worker", 2) where numbers[0] > 0 && numbers[1] >= 0: self = .worker(number: Int(numbers[0]), channel: numbers[1], handover)
        case ("successor", 1) where numbers[0] >= 0: self = .successor(channel: numbers[0], handover)
        default: throw ProcessRoleError(role)
        }
    }

    /// The variables that give this role to a child of `parent`.
    func variables(parent: Int32) -> [(name: String, value: String)] {
        switch self {
        case .service: []
        case .worker(let number, let channel, let listeners):
            [(Self.roleVariable, "\(Self.version) \(parent) worker \(number) \(channel)"), (Self.listenersVariable, listeners.description)]
        case .successor(let channel, let listeners):
            [(Self.roleVariable, "\(Self.version) \(parent) successor \(channel)"), (Self.listenersVariable, listeners.description)]
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
