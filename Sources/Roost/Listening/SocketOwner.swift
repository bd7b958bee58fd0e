import CLinux
import Glibc

/// The user and group that a Unix socket file is given to, looked up before the socket is made.
struct SocketOwner {
    let user: uid_t?
    let group: gid_t?

    /// - Throws: For a name that does not exist or can't be looked up.
    init(_ options: SocketOptions, for bind: BindAddress) throws(BindError) {
        user = try Self.number("socket_user", options.user, bind) { name throws(AccountError) in try Account.user(name) }
        group = try Self.number("socket_group", options.group, bind) { name throws(AccountError) in try Account.group(name) }
    }

    private static func number(
        _ key: String, _ name: String?, _ bind: BindAddress, _ look: (String) throws(AccountError) -> UInt32
    ) throws(BindError) -> UInt32? {
        guard let name else { return nil }
        do throws(AccountError) {
            return try look(name)
        } catch {
            throw BindError(bind, "\(key) = \(name): \(error.what)", hint: error.wayOut, code: error.code)
        }
    }
}
