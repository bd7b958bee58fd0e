import Glibc

/// Opens the TCP sockets of one bind.
struct TCPSocketBind {
    let bind: BindAddress
    /// What the bind's host stands for, in order.
    let addresses: [SocketAddress]
    let options: SocketOptions
    /// Whether a socket for `::` leaves IPv4 alone, because another bind has it.
    let isV6Only: Bool

    /// How often another port is tried when port 0 is asked for and the kernel's choice for the first address is taken on a later one.
    private static let portAttempts = 16

    /// Binds and listens on every address; the descriptors in the order of the addresses, owned by the caller.
    ///
    /// With port 0 the kernel chooses for the first address, and the others get the same port.
    ///
    /// - Parameter isTrial: Whether they are only to be bound, so that nobody can connect.
    func open(isTrial: Bool = false) throws(BindError) -> [Int32] {
        var attempt = 1
        while true {
            do {
                return try openAll(isTrial)
            } catch where error.code == EADDRINUSE && asksForAnyPort && attempt < Self.portAttempts {
                attempt += 1
            }
        }
    }

    private var asksForAnyPort: Bool { addresses.first?.port == 0 }

    private func openAll(_ isTrial: Bool) throws(BindError) -> [Int32] {
        var opened: [Int32] = []
        var port: UInt16?
        do throws(BindError) {
            for address in addresses {
                let wanted = port.map { address.with(port: $0) } ?? address
                do throws(BindError) {
                    let descriptor = try open(wanted, isTrial)
                    opened.append(descriptor)
                    if asksForAnyPort, port == nil { port = SocketAddress(localOf: descriptor)?.port }
                } catch where mayDoWithout(address, error) && addresses.count > 1 {
                    continue
                }
            }
        } catch {
            for descriptor in opened { _ = Glibc.close(descriptor) }
            throw error
        }
        guard !opened.isEmpty else { throw BindError(bind, "none of the host's addresses can be used on this machine") }
        return opened
    }

    /// Where IPv6 is switched off, localhost is its IPv4 address alone.
    private func mayDoWithout(_ address: SocketAddress, _ error: BindError) -> Bool {
        guard case .tcp(let host, _) = bind, NameResolution.isLocalhost(host), address.isV6 else { return false }
        return error.code == EAFNOSUPPORT || error.code == EADDRNOTAVAIL
    }

    private func open(_ address: SocketAddress, _ isTrial: Bool) throws(BindError) -> Int32 {
        guard let descriptor = SocketCalls.stream(address.family) else {
            let code = errno
            if code == EAFNOSUPPORT, case .tcp("", _) = bind, address.isV6, let port = address.port {
                return try open(SocketAddress.everyV4.with(port: port), isTrial)
            }
            throw BindError(bind, doing: "making the socket", code: code, hint: hint(code, address))
        }
        try set(SO_REUSEADDR, of: SOL_SOCKET, on: descriptor.number, to: 1, "SO_REUSEADDR")
        if options.reusePort { try set(SO_REUSEPORT, of: SOL_SOCKET, on: descriptor.number, to: 1, "SO_REUSEPORT") }
        if address.isV6 {
            // Said either way, because the default is a setting of the machine (net.ipv6.bindv6only).
            let only: Int32 = address.isWildcard && !isV6Only ? 0 : 1
            try set(IPV6_V6ONLY, of: SocketCalls.ipv6, on: descriptor.number, to: only, "IPV6_V6ONLY")
        }
        // Accepted connections inherit it on Linux, which saves a call for each.
        try set(TCP_NODELAY, of: SocketCalls.tcp, on: descriptor.number, to: 1, "TCP_NODELAY")

        var code = SocketCalls.bind(descriptor.number, to: address)
        if code == 0, !isTrial { code = SocketCalls.listen(descriptor.number, backlog: options.backlog) }
        guard code == 0 else { throw failure(code, address) }
        return descriptor.take()
    }

    private func set(_ option: Int32, of level: Int32, on descriptor: Int32, to value: Int32, _ name: String) throws(BindError) {
        let code = SocketCalls.set(option, of: level, on: descriptor, to: value)
        guard code == 0 else { throw BindError(bind, doing: "setting \(name)", code: code) }
    }

    private func failure(_ code: Int32, _ address: SocketAddress) -> BindError {
        let what = address.endpoint.map { addresses.count > 1 ? "\($0): " : "" } ?? ""
        guard code == EADDRINUSE else {
            return BindError(bind, what + BindError.text(code), hint: hint(code, address), code: code)
        }
        let holder = SocketHolder.listening(on: address)
        let reason = holder.map { "\($0) is listening on it" } ?? BindError.text(code)
        return BindError(
            bind, what + reason, hint: holder?.wayOut(other: "port") ?? "stop the process that holds it or choose another port",
            code: code, holder: holder?.process)
    }

    private func hint(_ code: Int32, _ address: SocketAddress) -> String? {
        switch code {
        case EACCES:
            "ports below \(SocketHolder.firstUnprivilegedPort) need CAP_NET_BIND_SERVICE (AmbientCapabilities= in the service unit) or a socket unit"
        case EADDRNOTAVAIL: "no interface of this machine has this address"
        case EAFNOSUPPORT: "IPv\(address.isV6 ? 6 : 4) is switched off on this machine"
        case EMFILE, ENFILE: "raise the limit of open files (LimitNOFILE= in the service unit)"
        case EINVAL where address.isV6: "a link-local address needs its interface, as in [fe80::1%eth0]:8000"
        default: nil
        }
    }
}
