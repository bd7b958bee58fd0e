import CLinux
import Glibc

/// The user and group that a Unix socket file is given to, looked up before the socket is made.
struct SocketOwner {
    let user: uid_t?
    let group: gid_t?

    /// - Throws: For a name that does not exist or can't be looked up.
    init(_ options: SocketOptions, for bind: BindAddress) throws(BindError) {
        do throws(AccountError) {
            user = try options.user.map { name throws(AccountError) in try Account.user(name) }
            group = try options.group.map { name throws(AccountError) in try Account.group(name) }
        } catch {
            throw BindError(bind, error.what, hint: error.wayOut, code: error.code)
        }
    }
}
