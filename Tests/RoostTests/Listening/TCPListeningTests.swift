import Glibc
import Testing

@testable import Roost

@Suite("Listening on TCP")
struct TCPListeningTests {
    private func loopback(_ port: Int, v6: Bool = false) -> SocketAddress {
        v6 ? .v6(high: 0, low: 1, port: UInt16(port), scope: 0) : .v4(address: 0x7f00_0001, port: UInt16(port))
    }

    @Test("port 0 becomes the kernel's port, and clients reach it")
    func anyPort() throws {
        let scratch = try ScratchListeners(.tcp(host: "127.0.0.1", port: 0))
        let listener = try #require(scratch.listeners.first)
        let port = try #require(listener.address.endpoint.port)
        #expect(port > 0)
        #expect(listener.isOwn && !listener.isUnix && !listener.needsNoDelay)
        #expect(listener.address.description == "http://127.0.0.1:\(port)")
        #expect(ScratchSocket.connected(to: loopback(port)) != nil)
    }

    @Test("the sockets are nonblocking and closed on exec")
    func flags() throws {
        let scratch = try ScratchListeners(.tcp(host: "127.0.0.1", port: 0))
        let descriptor = try #require(scratch.listeners.first).descriptor
        #expect(fcntl(descriptor, F_GETFL) & O_NONBLOCK != 0)
        #expect(fcntl(descriptor, F_GETFD) & FD_CLOEXEC != 0)
    }

    @Test("accepted connections have TCP_NODELAY without a call of their own")
    func noDelay() throws {
        let scratch = try ScratchListeners(.tcp(host: "127.0.0.1", port: 0))
        let listener = try #require(scratch.listeners.first)
        let client = ScratchSocket.connected(to: loopback(try #require(listener.address.endpoint.port)))
        let accepted = ScratchSocket(taking: accept(listener.descriptor, nil, nil))
        #expect(client != nil && SocketCalls.get(TCP_NODELAY, of: SocketCalls.tcp, on: accepted.descriptor) == 1)
    }

    @Test("a port alone takes IPv4 and IPv6 clients, and the IPv4 ones are seen as such")
    func dualStack() throws {
        let scratch = try ScratchListeners(.tcp(host: "", port: 0))
        #expect(scratch.listeners.count == 1)
        let listener = try #require(scratch.listeners.first)
        let port = try #require(listener.address.endpoint.port)
        let v4 = try #require(ScratchSocket.connected(to: loopback(port)))
        let fromV4 = ScratchSocket(taking: accept(listener.descriptor, nil, nil))
        #expect(SocketAddress(peerOf: fromV4.descriptor)?.endpoint == Endpoint(localOf: v4.descriptor))
        #expect(SocketAddress(peerOf: fromV4.descriptor)?.endpoint?.host == "127.0.0.1")
        #expect(Endpoint(localOf: fromV4.descriptor) == Endpoint(host: "127.0.0.1", port: port))
        let v6 = try #require(ScratchSocket.connected(to: loopback(port, v6: true)))
        let fromV6 = ScratchSocket(taking: accept(listener.descriptor, nil, nil))
        #expect(SocketAddress(peerOf: fromV6.descriptor)?.endpoint == Endpoint(localOf: v6.descriptor))
        #expect(SocketAddress(peerOf: fromV6.descriptor)?.endpoint?.host == "::1")
    }

    @Test("[::] alone is dual stack too; beside an IPv4 bind of the same port it leaves IPv4 to that")
    func wildcards() throws {
        do {
            let scratch = try ScratchListeners(.tcp(host: "::", port: 0))
            #expect(SocketCalls.get(IPV6_V6ONLY, of: SocketCalls.ipv6, on: scratch.listeners[0].descriptor) == 0)
        }
        let port = try freePort()
        let scratch = try ScratchListeners(.tcp(host: "0.0.0.0", port: port), .tcp(host: "::", port: port))
        #expect(scratch.listeners.map(\.address.description) == ["http://0.0.0.0:\(port)", "http://[::]:\(port)"])
        #expect(SocketCalls.get(IPV6_V6ONLY, of: SocketCalls.ipv6, on: scratch.listeners[1].descriptor) == 1)
    }

    @Test("localhost is both loopback addresses, with port 0 the same port on both")
    func localhost() throws {
        let scratch = try ScratchListeners(.tcp(host: "LocalHost", port: 0))
        #expect(scratch.listeners.map(\.address.endpoint.host) == ["127.0.0.1", "::1"])
        #expect(Set(scratch.listeners.map(\.address.endpoint.port)).count == 1)
    }

    @Test("several binds of one kind each get a port of their own")
    func several() throws {
        let scratch = try ScratchListeners(.tcp(host: "127.0.0.1", port: 0), .tcp(host: "127.0.0.1", port: 0), .tcp(host: "::1", port: 0))
        #expect(scratch.listeners.count == 3)
        #expect(Set(scratch.listeners.compactMap(\.address.endpoint.port)).count >= 2)
    }

    @Test("a port in use is refused with the address, the reason and the holder")
    func inUse() throws {
        let first = try ScratchListeners(.tcp(host: "127.0.0.1", port: 0))
        let port = try #require(first.listeners[0].address.endpoint.port)
        let error = try #require(bindError(.tcp(host: "127.0.0.1", port: port)))
        #expect(error.code == EADDRINUSE)
        #expect(error.holder == getpid())
        #expect(error.description == "cannot listen on 127.0.0.1:\(port): this process is listening on it; stop that process or choose another port")
    }

    @Test("with SO_REUSEPORT a second server shares the port")
    func reusePort() throws {
        var options = SocketOptions()
        options.reusePort = true
        let first = try ScratchListeners(.tcp(host: "127.0.0.1", port: 0), options: options)
        let port = try #require(first.listeners[0].address.endpoint.port)
        let second = try ScratchListeners(.tcp(host: "127.0.0.1", port: port), options: options)
        #expect(second.listeners.count == 1)
        #expect(bindError(.tcp(host: "127.0.0.1", port: port)) != nil)
    }

    @Test("a port is free again at once after a server that had clients")
    func restart() throws {
        var first: ScratchListeners? = try ScratchListeners(.tcp(host: "127.0.0.1", port: 0))
        let port = try #require(first?.listeners[0].address.endpoint.port)
        let client = ScratchSocket.connected(to: loopback(port))
        // The server closes first, so its end is the one that waits in TIME_WAIT.
        do { _ = ScratchSocket(taking: accept(try #require(first).listeners[0].descriptor, nil, nil)) }
        first = nil
        #expect(client != nil)
        #expect(throws: Never.self) { _ = try ScratchListeners(.tcp(host: "127.0.0.1", port: port)) }
    }

    @Test("what can't be had says what to do", arguments: [
        ("192.0.2.77", EADDRNOTAVAIL, "no interface of this machine has this address"),
        ("2001:db8::77", EADDRNOTAVAIL, "no interface of this machine has this address"),
    ])
    func foreignAddress(host: String, code: Int32, hint: String) throws {
        let error = try #require(bindError(.tcp(host: host, port: 0)))
        #expect(error.code == code && error.hint == hint)
    }

    @Test("a name that nobody knows is named")
    func unknownName() throws {
        let error = try #require(bindError(.tcp(host: "nowhere.invalid", port: 80)))
        #expect(error.description.hasPrefix("cannot listen on nowhere.invalid:80: the host \"nowhere.invalid\" can't be resolved: "))
    }

    @Test("binds that overlap are refused before anything is opened, with both names", arguments: [
        ("127.0.0.1", "127.0.0.1", "it is given twice"),
        ("0.0.0.0", "127.0.0.1", "the bind 0.0.0.0:PORT has 0.0.0.0:PORT already"),
        ("", "127.0.0.1", "the bind :PORT has [::]:PORT already"),
        ("", "::1", "the bind :PORT has [::]:PORT already"),
        ("127.0.0.1", "", "the bind 127.0.0.1:PORT has 127.0.0.1:PORT already"),
        ("localhost", "::1", "the bind localhost:PORT has [::1]:PORT already"),
    ])
    func conflict(first: String, second: String, reason: String) throws {
        let port = try freePort()
        let error = try #require(bindError(.tcp(host: first, port: port), .tcp(host: second, port: port)))
        #expect(error.address == BindAddress.tcp(host: second, port: port).description)
        #expect(error.reason == reason.split(separator: "PORT", omittingEmptySubsequences: false).joined(separator: "\(port)"))
        #expect(error.hint == "leave one of them out")
    }

    @Test("when one bind fails, those before it are taken back")
    func allOrNothing() throws {
        let directory = try ScratchDirectory()
        let port = try freePort()
        #expect(bindError(.tcp(host: "127.0.0.1", port: port), .unix(path: directory.file("a.sock")), .tcp(host: "192.0.2.77", port: 0)) != nil)
        #expect(directory.names.isEmpty)
        #expect(ScratchSocket.connected(to: loopback(port)) == nil)
        #expect(throws: Never.self) { _ = try ScratchListeners(.tcp(host: "127.0.0.1", port: port)) }
    }

    @Test("closing is harmless when repeated, and clients are refused from then on")
    func closing() throws {
        let set = try ListenerSet.open([.tcp(host: "127.0.0.1", port: 0)], options: SocketOptions(), activated: nil)
        let port = try #require(set.listeners[0].address.endpoint.port)
        set.closeOwn()
        #expect(ScratchSocket.connected(to: loopback(port)) == nil)
        // Something else gets the number; a second close must not hit it.
        let other = ScratchSocket(AF_INET)
        set.closeOwn()
        set.close()
        #expect(fcntl(other.descriptor, F_GETFD) >= 0)
    }

    @Test("the kernel's table is read by address, not by port alone")
    func kernelTable() {
        let table = """
              sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
               0: 0100007F:1F40 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 111 1 0
               1: 0200007F:1F40 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 222 1 0
               2: 0100007F:1F40 0100007F:9999 01 00000000:00000000 00:00000000 00000000     0        0 333 1 0
               3: 00000000000000000000000001000000:1F40 00000000000000000000000000000000:0000 0A 0:0 00:0 0 0 0 444 1 0
               junk
            """
        #expect(SocketHolder.listeningInodes(on: loopback(8000), in: table) == ["111"])
        #expect(SocketHolder.listeningInodes(on: .v4(address: 0, port: 8000), in: table) == ["111", "222"])
        #expect(SocketHolder.listeningInodes(on: loopback(8000, v6: true), in: table) == ["444"])
        #expect(SocketHolder.listeningInodes(on: loopback(8001), in: table).isEmpty)
    }

    /// A port that was free a moment ago.
    private func freePort() throws -> Int {
        let socket = try ScratchSocket.bound(to: .everyV6)
        return Int(try #require(SocketAddress(localOf: socket.descriptor)?.port))
    }
}
