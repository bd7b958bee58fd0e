import Glibc
import ProxyProtocol

/// From a host as it is written to the addresses to listen on.
enum NameResolution {
    /// The addresses of a TCP bind, in the order in which they are bound; never empty.
    ///
    /// No host means every address through one dual-stack socket; `localhost` means both loopback addresses (RFC 6761 6.3) without asking a resolver.
    /// Asking for another name blocks the calling thread until the system's resolver answers.
    static func addresses(of host: String, port: Int, for bind: BindAddress) throws(BindError) -> [SocketAddress] {
        guard let port = UInt16(exactly: port) else { throw BindError(bind, "expected a port from 0 to 65535, not \(port)") }
        if host.isEmpty { return [SocketAddress.everyV6.with(port: port)] }
        if let address = IPAddress(host) { return [SocketAddress(address, port: port)] }
        if isLocalhost(host) { return [.v4(address: 0x7f00_0001, port: port), .v6(high: 0, low: 1, port: port, scope: 0)] }
        return try resolve(host, for: bind).map { $0.with(port: port) }
    }

    static func isLocalhost(_ host: String) -> Bool { host.lowercased() == "localhost" }

    private static func resolve(_ host: String, for bind: BindAddress) throws(BindError) -> [SocketAddress] {
        var hints = addrinfo()
        hints.ai_family = AF_UNSPEC
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        hints.ai_flags = AI_PASSIVE
        // A zone (fe80::1%eth0) is an address, not a name, but only getaddrinfo knows the interface's number.
        if host.utf8.contains(UInt8(ascii: ":")) { hints.ai_flags |= AI_NUMERICHOST }
        var list: UnsafeMutablePointer<addrinfo>?
        let result = getaddrinfo(host, nil, &hints, &list)
        let systemError = errno
        defer { if let list { freeaddrinfo(list) } }
        guard result == 0 else {
            let reason = result == EAI_SYSTEM ? BindError.text(systemError) : String(cString: gai_strerror(result))
            throw BindError(
                bind, "the host \(BindAddressError.quoted(host)) can't be resolved: \(reason)",
                hint: "check its spelling and the resolver, or write an IP address")
        }
        var addresses: [SocketAddress] = []
        var next = list
        while let info = next?.pointee {
            if let name = info.ai_addr, let address = SocketAddress(copying: name, length: info.ai_addrlen), !addresses.contains(address) {
                addresses.append(address)
            }
            next = info.ai_next
        }
        guard !addresses.isEmpty else {
            throw BindError(bind, "the host \(BindAddressError.quoted(host)) has no IPv4 or IPv6 address", hint: "write an IP address")
        }
        return addresses
    }
}
