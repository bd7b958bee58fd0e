import Glibc
import Testing

@testable import Roost

@Suite("Addresses of sockets")
struct SocketAddressTests {
    static let addresses: [(SocketAddress, String?)] = [
        (.v4(address: 0xc000_0201, port: 65535), "192.0.2.1:65535"),
        (.v6(high: 0x2001_0db8 << 32, low: 1, port: 80, scope: 0), "[2001:db8::1]:80"),
        (.v6(high: 0, low: 0xffff_c000_0201, port: 80, scope: 0), "192.0.2.1:80"),
        (.v6(high: 0xfe80 << 48, low: 1, port: 80, scope: 1), "[fe80::1%lo]:80"),
        (.v6(high: 0xfe80 << 48, low: 1, port: 80, scope: 987_654), "[fe80::1%987654]:80"),
        (.unix(path: "/run/app.sock"), "unix:/run/app.sock"),
        (.unix(path: String(repeating: "x", count: 107)), "unix:" + String(repeating: "x", count: 107)),
        (.abstract(name: "app"), "unix:@app"),
        (.abstract(name: String(repeating: "x", count: 107)), "unix:@" + String(repeating: "x", count: 107)),
        (.unnamed, nil),
    ]

    @Test("the kernel's form reads back as the same address", arguments: addresses.map(\.0))
    func roundTrip(address: SocketAddress) {
        #expect(address.withKernelAddress { SocketAddress(copying: $0, length: $1) } == address)
    }

    @Test("the endpoint is what ASGI calls it", arguments: addresses)
    func endpoint(address: SocketAddress, text: String?) {
        #expect(address.endpoint?.description == text)
    }

    @Test("a form that is too short for its family is no address", arguments: [AF_INET, AF_INET6, AF_NETLINK])
    func short(family: Int32) {
        var storage = sockaddr_storage()
        storage.ss_family = sa_family_t(family)
        withUnsafePointer(to: &storage) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                for length in socklen_t(0)..<16 { #expect(SocketAddress(copying: address, length: length) == nil) }
            }
        }
    }

    @Test("what is no socket has no endpoint")
    func noSocket() {
        #expect(SocketAddress(peerOf: 987_654)?.endpoint == nil && Endpoint(localOf: 987_654) == nil)
        let idle = ScratchSocket(AF_INET)
        #expect(SocketAddress(peerOf: idle.descriptor)?.endpoint == nil)
        let unnamed = ScratchSocket(AF_UNIX)
        #expect(Endpoint(localOf: unnamed.descriptor) == nil)
    }
}
