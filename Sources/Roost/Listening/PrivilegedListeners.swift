import Glibc
package import Systemd

/// Whom a process becomes that opens sockets as root: theirs are the files of sockets that no setting gives to somebody else.
package struct SocketHeir: Sendable, Hashable {
    package let user: UInt32
    package let group: UInt32

    package init(user: UInt32, group: UInt32) {
        self.user = user
        self.group = group
    }
}

/// The sockets that a process opens while it is root, because whom it becomes may not: on ports below 1024, and in directories that nobody but root
/// can change.
///
/// They listen from then on, before the application starts: who connects waits for it, as at a socket of systemd's. The others are left to whom the
/// process becomes: a file in a place of somebody else's could be a link to any other.
package struct PrivilegedListeners {
    /// What root does for a bind.
    package enum Part: Sendable, Hashable {
        case opens
        /// The socket's directory is missing. It is made for whom the process becomes, who opens the socket in it.
        case makesDirectory

        /// Nil if there is nothing to do.
        ///
        /// - Parameter isRoots: Whether nobody but root can change the directory of this path.
        package init?(_ bind: BindAddress, _ options: SocketOptions, isRoots: (_ path: String) -> Bool) {
            switch bind {
            case .tcp(_, let port):
                guard port > 0, port < SocketHolder.firstUnprivilegedPort else { return nil }
                self = .opens
            case .unix(let path):
                if isRoots(path) {
                    self = .opens
                } else if options.makeDirectories, let folder = SocketDirectory.whereToMake(for: path), isRoots("\(folder)/new") {
                    self = .makesDirectory
                } else {
                    return nil
                }
            case .abstract, .descriptor, .systemd: return nil
            }
        }
    }

    private let set: ListenerSet
    private let config: Config

    /// Opens them: all, or none and an error. What systemd passed is used as it is.
    ///
    /// - Parameter passed: What systemd passed to this process; nil if it is meant for others.
    /// - Throws: `BindError`, also for what is wrong with the addresses that are left to others.
    package init(_ config: Config, passed: ListenDescriptors?, heir: SocketHeir, isRoots: (_ path: String) -> Bool) throws(BindError) {
        self.config = config
        do throws(BindError) {
            set = try Self.open(config, passed: passed, heir: heir, isRoots)
        } catch {
            throw error.asked(by: config)
        }
    }

    private static func open(_ config: Config, passed: ListenDescriptors?, heir: SocketHeir, _ isRoots: (String) -> Bool) throws(BindError) -> ListenerSet {
        let binds = config.bind.map(\.address)
        let options = config.socket.inherited(by: heir)
        let parts = binds.map { Part($0, options, isRoots: isRoots) }
        guard parts.contains(where: { $0 != nil }) else { return ListenerSet(listeners: [], files: [:]) }

        let inherited = try InheritedSockets(binds, activated: passed?.activated)
        let plan = try ListenPlan(binds, options: options, inherited: inherited, stored: passed?.stored ?? [])
        try inherited.refuseUnnamed()
        for (bind, part) in zip(binds, parts) {
            guard case .unix(let path) = bind, part == .makesDirectory else { continue }
            try SocketDirectory.make(SocketDirectory.parent(of: path), umask: options.umask, owner: heir, for: bind)
        }
        return try ListenerSet.open(plan.steps.enumerated().filter { parts[$0.offset] == .opens && $0.element.isNew }, options: options)
    }

    /// What they are known by in the program that takes this one's place.
    package var sockets: [StoredListener] {
        let files = set.fileNumbers
        return set.listeners.map { StoredListener($0, file: files[$0.descriptor]) }
    }

    /// Closes them and removes their files: nothing comes of the other program.
    package func close() {
        set.removeSocketFiles()
        set.close()
    }
}

extension SocketOptions {
    /// The same, with the files for whom the process becomes unless they are given to somebody else.
    package func inherited(by heir: SocketHeir) -> SocketOptions {
        var options = self
        options.user = user ?? "\(heir.user)"
        options.group = group ?? "\(heir.group)"
        return options
    }
}

extension ListenPlan.Step {
    /// Whether the socket is not there yet.
    fileprivate var isNew: Bool {
        switch self {
        case .tcp, .unix, .abstract: true
        case .inherited, .stored: false
        }
    }
}
