import Glibc
package import Systemd

/// Tries what a server would do to listen, as far as that leaves no trace: nobody can connect, and no file stays.
package struct ListenTrial {
    /// What was wrong, bind by bind.
    package private(set) var problems: [BindError] = []
    /// Binds of sockets from systemd, none of which were passed to this process.
    package private(set) var untried: [BindAddress] = []

    private let config: Config

    /// - Parameters:
    ///   - activated: What systemd passed to this process.
    ///   - known: Addresses that need not be tried again.
    package init(_ config: Config, activated: ListenDescriptors, known: Set<BindAddress> = []) {
        self.config = config
        let binds = config.bind.map(\.address)
        let found = binds.filter { bind in
            guard case .systemd = bind, activated.descriptors.isEmpty else { return true }
            untried.append(bind)
            return false
        }
        var options = config.socket
        let new = found.filter { !known.contains($0) }
        if let bind = new.first(where: \.isPath) {
            let count = problems.count
            attempt { () throws(BindError) in _ = try SocketOwner(options, for: bind) }
            // Said once; the rest can be tried all the same.
            if problems.count > count { (options.user, options.group) = (nil, nil) }
        }
        for bind in new { attempt { () throws(BindError) in try Self.tryOut(bind, options, activated) } }
        guard problems.isEmpty else { return }
        // Each can be had by itself; two may want the same.
        attempt { () throws(BindError) in
            let inherited = try InheritedSockets(found, activated: activated)
            _ = try ListenPlan(found, options: config.socket, inherited: inherited)
            try inherited.refuseUnnamed()
        }
    }

    private mutating func attempt(_ body: () throws(BindError) -> Void) {
        do throws(BindError) {
            try body()
        } catch {
            problems.append(error.asked(by: config))
        }
    }

    private static func tryOut(_ bind: BindAddress, _ options: SocketOptions, _ activated: ListenDescriptors) throws(BindError) {
        let plan = try ListenPlan([bind], options: options, inherited: try InheritedSockets([bind], activated: activated))
        for step in plan.steps {
            switch step {
            case .tcp(let tcp): for descriptor in try tcp.open(isTrial: true) { close(descriptor) }
            case .unix(let unix): try unix.tryOut()
            case .abstract(let abstract): close(try abstract.open(isTrial: true))
            case .inherited, .stored: break
            }
        }
    }
}

extension BindAddress {
    fileprivate var isPath: Bool { if case .unix = self { true } else { false } }
}

extension Config {
    /// What is wrong beside the binds: a value that cannot be served with, and names that there are not.
    package var problems: [ConfigError] {
        var configs = [Config()]
        for user in allowPeerUser {
            configs.append(Config())
            configs[configs.count - 1].allowPeerUser = [user]
        }
        for group in allowPeerGroup {
            configs.append(Config())
            configs[configs.count - 1].allowPeerGroup = [group]
        }
        return [problem { config throws(ConfigError) in try config.validate() }].compactMap(\.self)
            + configs.compactMap { $0.problem { config throws(ConfigError) in _ = try PeerAllowList(config) } }
    }

    private func problem(_ check: (Config) throws(ConfigError) -> Void) -> ConfigError? {
        do throws(ConfigError) {
            try check(self)
            return nil
        } catch {
            return error
        }
    }
}
