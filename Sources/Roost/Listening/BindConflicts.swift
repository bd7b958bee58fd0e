import Glibc

/// Finds binds that want the same address before anything is opened. The kernel would refuse too,
/// but it can't say which two; and for a socket shared by `SO_REUSEPORT` it would not even do that.
struct BindConflicts {
    /// One address that somebody has or wants.
    private struct Claim {
        let bind: BindAddress
        let address: SocketAddress
        let isV6Only: Bool
        /// The bind's place in the list; nil for an inherited socket.
        let place: Int?
        /// What the operator knows it as.
        let label: String
    }

    private var claims: [Claim] = []

    init(inherited: InheritedSockets) {
        for socket in inherited.all {
            let label = "descriptor \(socket.number)" + (socket.name.map { " (systemd:\($0))" } ?? "")
            claims.append(Claim(bind: socket.bind, address: socket.address, isV6Only: socket.isV6Only, place: nil, label: label))
        }
    }

    /// Notes the addresses that a bind will open.
    ///
    /// - Throws: When an earlier bind or an inherited socket has one of them; the error names both.
    mutating func add(_ bind: BindAddress, _ addresses: [SocketAddress], isV6Only: Bool, place: Int) throws(BindError) {
        for address in addresses {
            let claim = Claim(bind: bind, address: address, isV6Only: isV6Only, place: place, label: "the bind \(bind)")
            if let other = claims.first(where: { Self.overlap($0, claim) && $0.place != place }) {
                if other.bind == bind { throw BindError(bind, "it is given twice", hint: "leave one of them out", code: EADDRINUSE) }
                let what = "\(other.label) has \(other.address.endpoint.map(\.description) ?? "it") already"
                let hint = other.place == nil ? "leave this bind out: \(other.bind) stands for that socket" : "leave one of them out"
                throw BindError(bind, what, hint: hint, code: EADDRINUSE)
            }
            claims.append(claim)
        }
    }

    private static func overlap(_ one: Claim, _ other: Claim) -> Bool {
        if case .unix(let path) = one.address, case .unix(let second) = other.address {
            return path == second || isSameFile(path, second)
        }
        return one.address.overlaps(other.address) && !(one.address.isV6 != other.address.isV6 && (one.isV6Only || other.isV6Only))
    }

    private static func isSameFile(_ path: String, _ other: String) -> Bool {
        var first = stat()
        var second = stat()
        return lstat(path, &first) == 0 && lstat(other, &second) == 0 && first.st_dev == second.st_dev && first.st_ino == second.st_ino
    }
}
