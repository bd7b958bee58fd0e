import CLinux
import Glibc

/// The system's users and groups by name (getpwnam_r(3), getgrnam_r(3)); digits are taken as the number itself.
package enum Account {
    package static func user(_ name: String) throws(AccountError) -> UInt32 {
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
        throw AccountError("user", name, code)
    }

    package static func group(_ name: String) throws(AccountError) -> UInt32 {
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
        throw AccountError("group", name, code)
    }

    /// What the database has of a user (getpwnam_r(3), getpwuid_r(3)); nil for a number that it does not know.
    package static func entry(of name: String) throws(AccountError) -> UserEntry? {
        let number = number(name)
        var found: UserEntry?
        let code = withBuffer { buffer, size in
            var entry = passwd()
            var result: UnsafeMutablePointer<passwd>?
            let code = number.map { getpwuid_r($0, &entry, buffer, size, &result) } ?? getpwnam_r(name, &entry, buffer, size, &result)
            found = result.flatMap { UserEntry($0.pointee) }
            return code
        }
        if found == nil, number == nil { throw AccountError("user", name, code) }
        return found
    }

    /// A number alone. The highest one means "leave it" to chown(2) and is nobody's.
    private static func number(_ text: String) -> UInt32? {
        guard let first = text.utf8.first, (0x30...0x39).contains(first), let number = UInt32(text), number < UInt32.max else { return nil }
        return number
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

/// Why a user or a group can't be found.
package struct AccountError: Error, CustomStringConvertible {
    package let what: String
    package let wayOut: String
    /// The errno value of a lookup that failed; nil if there is nothing of that name.
    let code: Int32?

    init(_ kind: String, _ name: String, _ code: Int32) {
        let quoted = BindAddressError.quoted(name)
        // What a database without the name reports differs by its kind (getpwnam(3), "ERRORS").
        if [0, ENOENT, ESRCH, EBADF, EPERM].contains(code) {
            what = "there is no \(kind) \(quoted)"
            wayOut = "name a \(kind) that exists, or give its number"
            self.code = nil
        } else {
            what = "looking up the \(kind) \(quoted): \(BindError.text(code))"
            wayOut = "give its number instead"
            self.code = code
        }
    }

    package var description: String { "\(what); \(wayOut)" }
}
