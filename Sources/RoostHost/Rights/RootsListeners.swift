internal import Roost
internal import Systemd

/// The sockets of a service that its process opens while it is root: some of the app's, and perhaps the admin socket.
struct RootsListeners {
    private var opened: [PrivilegedListeners] = []

    /// - Throws: `BindError`, `ListenDescriptorsError`; nothing is open then.
    init(_ settings: ResolvedSettings, for privileges: Privileges) throws {
        let passed = try ListenDescriptors.look()
        var configs: [(Config, ListenDescriptors?)] = [(settings.listeningConfig(isActivated: !passed.activated.descriptors.isEmpty), passed)]
        if let config = settings.adminConfig { configs.append((config, nil)) }
        do {
            for (config, passed) in configs {
                opened.append(try PrivilegedListeners(config, passed: passed, heir: privileges.heir, isRoots: RootsPlace.contains))
            }
        } catch {
            close()
            throw error
        }
    }

    /// For `OpenListeners` of the program that takes this one's place.
    var sockets: [StoredListener] { opened.flatMap(\.sockets) }

    /// Closes them and removes their files.
    func close() {
        for listeners in opened { listeners.close() }
    }
}

extension Privileges {
    /// Whose the sockets are that root opens.
    var heir: SocketHeir { SocketHeir(user: user, group: group) }
}
