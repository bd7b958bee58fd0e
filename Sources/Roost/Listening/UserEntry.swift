import CLinux
import Glibc

/// A line of the user database (passwd(5)).
package struct UserEntry: Sendable, Hashable {
    package let name: String
    package let user: UInt32
    /// The user's own group.
    package let group: UInt32
    package let home: String

    init?(_ entry: passwd) {
        guard let name = entry.pw_name else { return nil }
        self.name = String(cString: name)
        user = entry.pw_uid
        group = entry.pw_gid
        home = entry.pw_dir.map { String(cString: $0) } ?? ""
    }

    /// Every group that the user is in, with `group` as the user's own one (getgrouplist(3)).
    package func groups(with group: UInt32) -> [UInt32] {
        var groups = [gid_t](repeating: 0, count: 16)
        while true {
            var count = Int32(groups.count)
            if getgrouplist(name, group, &groups, &count) >= 0 { return Array(groups.prefix(Int(count))) }
            // It says how many there are; more may have come since.
            groups = [gid_t](repeating: 0, count: max(Int(count), groups.count * 2))
        }
    }
}
