import CLinux

/// The users and groups whose processes may connect to Unix sockets.
struct PeerAllowList: Sendable {
    private let users: Set<uid_t>
    private let groups: Set<gid_t>

    /// Looks the names up; nil if there are none, which lets everyone connect whom the socket's mode lets.
    ///
    /// - Throws: `ConfigError` for a name that does not exist.
    init?(_ config: Config) throws(ConfigError) {
        guard !(config.allowPeerUser.isEmpty && config.allowPeerGroup.isEmpty) else { return nil }
        let (userMap, groupMap) = (IdentityMap(ofProcess: "uid_map"), IdentityMap(ofProcess: "gid_map"))
        var users: Set<uid_t> = []
        for name in config.allowPeerUser {
            users.insert(try Self.number("allow_peer_user", name, userMap) { name throws(AccountError) in try Account.user(name) })
        }
        var groups: Set<gid_t> = []
        for name in config.allowPeerGroup {
            groups.insert(try Self.number("allow_peer_group", name, groupMap) { name throws(AccountError) in try Account.group(name) })
        }
        self.users = users
        self.groups = groups
    }

    private static func number(
        _ key: String, _ name: String, _ map: IdentityMap, _ look: (String) throws(AccountError) -> UInt32
    ) throws(ConfigError) -> UInt32 {
        let number: UInt32
        do throws(AccountError) {
            number = try look(name)
        } catch {
            throw ConfigError(key: key, value: name, reason: error.description)
        }
        guard map.tellsApart(number) else {
            throw ConfigError(
                key: key, value: name,
                reason: "in this process's user namespace number \(number) can't be told from others; a systemd unit needs PrivateUsers=no for this setting"
            )
        }
        return number
    }

    /// Whether a peer is one of them: by its user, by its group, or by one of its supplementary groups.
    func admits(_ peer: PeerCredentials, on descriptor: Int32) -> Bool {
        if users.contains(peer.uid) || groups.contains(peer.gid) { return true }
        return !groups.isEmpty && !groups.isDisjoint(with: Self.supplementaryGroups(of: descriptor))
    }

    private static func supplementaryGroups(of descriptor: Int32) -> [gid_t] {
        var capacity: Int32 = 64
        while true {
            var groups = [gid_t](repeating: 0, count: Int(capacity))
            let count = clinux_peer_groups(descriptor, &groups, capacity)
            guard count > capacity else { return Array(groups.prefix(max(0, Int(count)))) }
            capacity = count
        }
    }
}
