internal import CLinux
internal import Glibc
internal import Roost

/// Whom the process is to act for once it has opened what only root may open, and for good.
struct Privileges: Sendable, Equatable {
    let user: UInt32
    let group: UInt32
    /// All groups, `group` among them; nil for those that the process has, because only root may change them.
    let groups: Set<UInt32>?
    /// What the app finds in its environment; nil where the user database has nothing.
    let name: String?
    let home: String?

    /// What the settings ask for; nil if the process is to stay what it is.
    ///
    /// - Throws: `RootError` if that is root, and no setting allows it; `SettingError` if it can't be had.
    static func resolve(_ settings: ResolvedSettings, current: ProcessIdentity = .current) throws -> Privileges? {
        let wanted = settings.values.rights
        guard wanted.user != nil || wanted.group != nil else {
            if current.isRoot, !wanted.allowsRoot { throw RootError() }
            return nil
        }
        func refused(_ key: String, _ value: String, _ reason: String) -> SettingError {
            .refused(key: key, value: .text(value), origin: settings.origins[key] ?? .builtIn, reason: reason)
        }

        let name = wanted.user ?? "\(current.user)"
        let user: UInt32
        let entry: UserEntry?
        do {
            user = try Account.user(name)
            entry = try Account.entry(of: name)
        } catch {
            throw refused("user", name, error.description)
        }
        if user == 0, !wanted.allowsRoot {
            guard wanted.user != nil else { throw RootError() }
            throw refused("user", name, "this is root, whose rights an app should not have; name another user, or add --allow-root")
        }
        var group = entry?.group
        if let name = wanted.group {
            do {
                group = try Account.group(name)
            } catch {
                throw refused("group", name, error.description)
            }
        }
        if current.user == 0 {
            guard let group else {
                throw refused("user", name, "there is no user with this number, in whose group to serve; name a group as well, with --group")
            }
            let groups = entry.map { Set($0.groups(with: group)) } ?? [group]
            return Privileges(user: user, group: group, groups: groups, name: entry?.name, home: entry?.home)
        }
        let wayOut = "only root may change it; leave it out, or start the process as root"
        guard user == current.user else { throw refused("user", name, "this process is the user \(current.user), and \(wayOut)") }
        if let name = wanted.group, group != current.group {
            throw refused("group", name, "this process is in the group \(current.group), and \(wayOut)")
        }
        return Privileges(user: user, group: current.group, groups: nil, name: entry?.name, home: entry?.home)
    }

    /// Whether the process acts for nobody else, and can't but go on so.
    func isInForce(_ current: ProcessIdentity = .current) -> Bool {
        current.hasNoNewPrivileges && isHeld(by: current)
    }

    /// Gives up every right beyond these.
    ///
    /// In threads that run already the mark against new privileges does not come to be: only another program in the place of this one has
    /// it in all of its threads.
    ///
    /// - Throws: `PrivilegesError`; the process must then end.
    func drop() throws(PrivilegesError) {
        if let groups {
            // Groups first: they can't be changed any more once the user is.
            try check(clinux_set_groups(Array(groups), groups.count), "setgroups")
            try check(clinux_set_group_ids(group), "setresgid")
            try check(clinux_set_user_ids(user), "setresuid")
            setEnvironment()
        }
        try check(clinux_set_no_new_privileges(), "PR_SET_NO_NEW_PRIVS")
        guard isInForce() else { throw .kept }
        // With capabilities that outlive the change of the user (SECBIT_NO_SETUID_FIXUP) it could be undone.
        if user != 0, clinux_set_effective_user(0) == 0 || (group != 0 && clinux_set_effective_group(0) == 0) { throw .kept }
    }

    private func isHeld(by current: ProcessIdentity) -> Bool {
        current.users.allSatisfy { $0 == user } && current.groups.allSatisfy { $0 == group }
            && (groups.map { $0 == current.supplementaryGroups } ?? true)
    }

    /// The variables that name the user, as login(1) sets them.
    private func setEnvironment() {
        setenv("HOME", home.flatMap { $0.isEmpty ? nil : $0 } ?? "/", 1)
        for variable in ["USER", "LOGNAME"] {
            if let name { setenv(variable, name, 1) } else { unsetenv(variable) }
        }
    }

    private func check(_ result: Int32, _ call: String) throws(PrivilegesError) {
        guard result == 0 else { throw .refused(call: call, code: errno) }
    }
}
