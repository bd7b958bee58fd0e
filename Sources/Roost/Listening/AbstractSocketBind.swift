import Glibc

/// Opens a socket in Linux's abstract name space: no file, no mode, gone with its last descriptor.
struct AbstractSocketBind {
    let bind: BindAddress
    let name: String
    let options: SocketOptions

    /// The listening socket, owned by the caller.
    ///
    /// - Parameter isTrial: Whether it is only to be bound, so that nobody can connect.
    func open(isTrial: Bool = false) throws(BindError) -> Int32 {
        guard let socket = SocketCalls.stream(AF_UNIX) else { throw BindError(bind, doing: "making the socket", code: errno) }
        let address = SocketAddress.abstract(name: name)
        var code = SocketCalls.bind(socket.number, to: address)
        if code == EADDRINUSE { throw inUse(address) }
        if code == 0, !isTrial { code = SocketCalls.listen(socket.number, backlog: options.backlog) }
        guard code == 0 else { throw BindError(bind, doing: "listening", code: code) }
        return socket.take()
    }

    private func inUse(_ address: SocketAddress) -> BindError {
        var holder: SocketHolder?
        if case .live(let found) = UnixSocketProbe.connect(to: address) { holder = found }
        return BindError(
            bind, holder.map { "\($0) is listening on it" } ?? "another process has this name",
            hint: holder?.wayOut(other: "name") ?? "stop that process or choose another name", code: EADDRINUSE, holder: holder?.process)
    }
}
