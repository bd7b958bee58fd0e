import CLinux
import Glibc

/// The user and group that a Unix socket file is given to, looked up before the socket is made.
struct SocketOwner {
    let user: uid_t?
    let group: gid_t?

    /// Looks the names up (getpwnam_r(3), getgrnam_r(3)); digits are taken as the number itself.
    init(_ options: SocketOptions, for bind: BindAddress) throws(BindError) {
        user = try options.user.map { name throws(BindError) in try Self.user(name, bind) }
        group = try options.group.map { name throws(BindError) in try Self.group(name, bind) }
    }

    private static func user(_ name: String, _ bind: BindAddress) throws(BindError) -> uid_t {
        if let number = number(name) { return number }
        var found: uid_t?
        let code = withBuffer { buffer, size in
            var entry = passwd()
            var result: UnsafeMutablePointer<passwd>?
            let code = getpwnam_r(name, &entry, buffer, size, &result)
            found = result?.pointee.pw_uid
            return code
        }
        if let found { return found }
        throw unknown("user", name, code, bind)
    }

    private static func group(_ name: String, _ bind: BindAddress) throws(BindError) -> gid_t {
        if let number = number(name) { return number }
        var found: gid_t?
        let code = withBuffer { buffer, size in
            var entry = CLinux.group()
            var result: UnsafeMutablePointer<group>?
            let code = getgrnam_r(name, &entry, buffer, size, &result)
            found = result?.pointee.gr_gid
            return code
        }
        if let found { return found }
        throw unknown("group", name, code, bind)
    }

    /// A number alone. The highest one means "leave it" to chown(2) and is nobody's.
    private static func number(_ text: String) -> UInt32? {
        guard let first = text.utf8.first, (0x30...0x39).contains(first), let number = UInt32(text), number < UInt32.max else { return nil }
        return number
    }

    private static func unknown(_ kind: String, _ name: String, _ code: Int32, _ bind: BindAddress) -> BindError {
        let quoted = BindAddressError.quoted(name)
        // What a database without the name reports differs by its kind (getpwnam(3), "ERRORS").
        if [0, ENOENT, ESRCH, EBADF, EPERM].contains(code) {
            return BindError(bind, "there is no \(kind) \(quoted)", hint: "name one that exists for the socket's \(kind), or give its number")
        }
        return BindError(bind, doing: "looking up the \(kind) \(quoted)", code: code, hint: "give its number instead")
    }

    /// Calls a lookup with room for an entry's strings, with more room as long as it says ERANGE.
    private static func withBuffer(_ lookup: (UnsafeMutablePointer<CChar>, Int) -> Int32) -> Int32 {
        var size = 1024
        while true {
            let code = withUnsafeTemporaryAllocation(of: CChar.self, capacity: size) { buffer in
                buffer.baseAddress.map { lookup($0, buffer.count) } ?? ENOMEM
            }
            guard code == ERANGE, size < 1 << 20 else { return code }
            size *= 2
        }
    }
}
