internal import CLinux
internal import Glibc

/// Whom a process acts for, as far as the kernel is concerned (credentials(7)).
struct ProcessIdentity: Sendable, Equatable {
    /// Real, effective and saved.
    var users: [UInt32]
    var groups: [UInt32]
    var supplementaryGroups: Set<UInt32>
    /// Of the calling thread.
    var hasNoNewPrivileges: Bool

    static var current: ProcessIdentity {
        var users = [uid_t](repeating: 0, count: 3)
        var groups = [gid_t](repeating: 0, count: 3)
        // These fail for bad addresses only.
        _ = clinux_user_ids(&users)
        _ = clinux_group_ids(&groups)
        var supplementary = [gid_t](repeating: 0, count: Int(max(0, getgroups(0, nil))))
        let count = getgroups(Int32(supplementary.count), &supplementary)
        return ProcessIdentity(
            users: users, groups: groups, supplementaryGroups: Set(supplementary.prefix(Int(max(0, count)))),
            hasNoNewPrivileges: clinux_has_no_new_privileges() == 1)
    }

    var user: UInt32 { users[1] }
    var group: UInt32 { groups[1] }

    /// Whether it is root, or can be again. Root of a user namespace is root too: of all that was mapped into it (user_namespaces(7)).
    var isRoot: Bool { users.contains(0) }
}
