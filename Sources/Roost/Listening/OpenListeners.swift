import Glibc
import Synchronization
import Systemd

/// The sockets of a server that were opened outside of it, or that others are to have besides: before the privileges for it are given up, for
/// several processes, or for the next one.
///
/// They are opened once, when somebody first asks for them.
package final class OpenListeners: Sendable {
    private enum Source: Sendable {
        /// Also what systemd passed, if a bind names it.
        case binds
        /// Nothing that systemd passed.
        case ownBinds
        case handover(ListenerHandover, isOwner: Bool)
    }

    private let config: Config
    private let binds: [BindAddress]
    private let options: SocketOptions
    private let source: Source
    /// What this process opened while it was root.
    private let early: [StoredListener]
    private let opened = Mutex<ListenerSet?>(nil)

    /// Sockets that are made anew, or that systemd passed.
    ///
    /// - Parameter early: What `PrivilegedListeners` has opened already; some may be for others.
    package init(_ config: Config, early: [StoredListener] = []) {
        self.early = early
        self.config = config
        binds = config.bind.map(\.address)
        options = config.socket
        source = .binds
    }

    /// Sockets that are made anew, beside those of a server that what systemd passed is meant for.
    ///
    /// - Parameter early: What `PrivilegedListeners` has opened already; some may be for others.
    package init(own config: Config, early: [StoredListener] = []) {
        self.early = early
        self.config = config
        binds = config.bind.map(\.address)
        options = config.socket
        source = .ownBinds
    }

    /// Sockets that another process hands over.
    ///
    /// - Parameter isOwner: Whether this process takes its place. Otherwise the sockets remain that process's, which has others listen on them.
    package init(_ config: Config, adopting handover: ListenerHandover, isOwner: Bool) {
        early = []
        self.config = config
        binds = config.bind.map(\.address)
        options = config.socket
        source = .handover(handover, isOwner: isOwner)
    }

    /// Opens the sockets, if nobody has before.
    ///
    /// - Throws: `BindError`, and `ListenDescriptorsError` for what systemd passed.
    @discardableResult
    package func open() throws -> [BoundAddress] { config.addresses(of: try set().listeners) }

    /// What another process is told of the sockets; nil before they are open.
    package var handover: ListenerHandover? { opened.withLock { $0?.handover } }

    /// Whether other processes listen on the same sockets at the same time.
    var isShared: Bool {
        if case .handover(_, let isOwner) = source { !isOwner } else { false }
    }

    private func openBinds() throws -> ListenerSet {
        let passed = try ListenDescriptors.take()
        let set = try ListenerSet.open(binds, options: options, activated: passed.activated, stored: passed.stored + early)
        let used = Set(set.listeners.map(\.descriptor))
        // The settings have changed since they were stored: nobody serves on these any more.
        for stored in passed.stored where !used.contains(stored.descriptor) {
            Notifier().removeStored(name: stored.name)
            Glibc.close(stored.descriptor)
        }
        return set
    }

    /// Has the service manager keep the sockets that Roost has opened, for the next process of the service.
    ///
    /// - Returns: Whether it does; they are left to it then.
    package func store() -> Bool {
        guard let set = opened.withLock(\.self) else { return false }
        let own = set.listeners.filter(\.isOwn)
        let files = set.fileNumbers
        guard !own.isEmpty else { return false }
        for listener in own {
            let stored = StoredListener(listener, file: files[listener.descriptor])
            guard Notifier().store([stored.descriptor], name: stored.name) == .sent else { return false }
        }
        set.leave()
        return true
    }

    /// Another process goes on listening on these sockets: nothing that it needs is ended or removed here.
    package func leave() { opened.withLock { $0?.leave() } }

    /// Closes the sockets, and removes the files of those that Roost has made; for somebody who has no server do it.
    package func close() {
        let set = opened.withLock(\.self)
        set?.removeSocketFiles(logger: config.logger)
        set?.close()
    }

    /// Removes the files of the sockets that Roost has made, for somebody whose server may not come to it.
    package func removeFiles() { opened.withLock(\.self)?.removeSocketFiles(logger: config.logger) }

    func set() throws -> ListenerSet {
        try opened.withLock { opened in
            if let opened { return opened }
            let set: ListenerSet
            do {
                set = try make()
            } catch let error as BindError {
                throw error.asked(by: config)
            }
            opened = set
            return set
        }
    }

    private func make() throws -> ListenerSet {
        switch source {
        case .binds: try openBinds()
        case .ownBinds: try ListenerSet.open(binds, options: options, activated: nil, stored: early)
        case .handover(let handover, let isOwner): try ListenerSet.adopt(handover, binds, isOwner: isOwner)
        }
    }
}
