import CLinux
import Glibc
import Testing

@testable import Roost

@Suite("The process at the other end of a Unix socket", .timeLimit(.minutes(1)))
struct PeerCredentialsTests {
    private static let own = PeerCredentials(pid: getpid(), uid: geteuid(), gid: getegid())

    @Test("is known to the application")
    func inScope() async throws {
        let app = httpApp { scope, _, send in
            #expect(scope.extensions["roost.peer"] as? PeerCredentials == scope.extensions.peer)
            try await send.answer("\(scope.extensions.peer?.description ?? "nil") \(scope.client?.description ?? "nil")")
        }
        try await serving(app) { served in
            for _ in 0..<3 {
                let client = try served.connect()
                try client.send("GET / HTTP/1.1\r\nhost: a\r\n\r\n")
                #expect(try client.response().text == "\(Self.own) nil")
            }
        }
    }

    @Test("is not known of a TCP peer")
    func notOnTCP() throws {
        let set = try ListenerSet.open([.tcp(host: "127.0.0.1", port: 0)], options: SocketOptions(), activated: nil)
        defer { set.close() }
        let client = try RawClient(set.listeners[0].address.endpoint)
        let accepted = accept(set.listeners[0].descriptor, nil, nil)
        defer { close(accepted) }
        #expect(accepted >= 0 && PeerCredentials(of: accepted) == nil)
        client.close()
        let alone = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(alone) }
        #expect(PeerCredentials(of: alone) == nil)
    }

    @Test("may connect if its user or its group is allowed to", arguments: [
        (["\(geteuid())"], []), ([], ["\(getegid())"]), (["4000000"], ["\(getegid())"]), (["\(geteuid())", "4000000"], ["4000000"]),
    ] as [([String], [String])])
    func admitted(_ users: [String], _ groups: [String]) async throws {
        try await serving(Apps.hello, { ($0.allowPeerUser, $0.allowPeerGroup) = (users, groups) }) { served in
            let client = try served.connect()
            try client.send("GET / HTTP/1.1\r\nhost: a\r\n\r\n")
            #expect(try client.response().status == 200)
        }
    }

    @Test("is closed out if neither is, and logged once")
    func refused() async throws {
        try await serving(Apps.hello, { $0.allowPeerUser = ["4000000"] }) { served in
            for _ in 0..<5 {
                let client = try served.connect()
                #expect(try client.isClosed())
            }
            let line = try served.logged("allow_peer_user")
            #expect(line.metadata["peer"] == "\(Self.own)")
            #expect(served.log.lines(containing: "refused").count == 1)
        }
    }

    @Test("is found by its supplementary groups too")
    func supplementary() throws {
        var config = Config()
        config.allowPeerGroup = ["4000000"]
        let list = try #require(try PeerAllowList(config))
        var pair: [Int32] = [0, 0]
        #expect(socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &pair) == 0)
        defer { for descriptor in pair { close(descriptor) } }
        #expect(!list.admits(Self.own, on: pair[0]))
        var groups = [gid_t](repeating: 0, count: 256)
        let count = Int(getgroups(256, &groups))
        for group in groups.prefix(max(0, count)) {
            config.allowPeerGroup = ["\(group)"]
            let list = try #require(try PeerAllowList(config))
            #expect(list.admits(PeerCredentials(pid: 1, uid: 4_000_000, gid: 4_000_000), on: pair[0]))
        }
    }

    @Test("must be somebody whom the kernel tells apart from others", arguments: [
        ("         0          0 4294967295", 33 as UInt32, true), ("0 0 4294967295", 65534, true),
        ("0 0 1\n33 33 1", 33, true), ("0 0 1\n33 33 1", 34, false), ("0 0 1\n61184 61184 1", 65534, false),
        ("0 100000 65536", 65534, false), ("0 100000 65536", 65535, true), ("0 100000 65536", 65536, false),
        ("", 0, false), ("nonsense", 0, false), ("0 0 0", 0, false), ("4294967290 0 100", 4_294_967_291, false),
    ])
    func identities(_ map: String, _ number: UInt32, _ isTold: Bool) {
        #expect(IdentityMap(map).tellsApart(number) == isTold)
    }

    @Test("must be named by a user and group that exist")
    func unknown() {
        for key in ["allow_peer_user", "allow_peer_group"] {
            var config = Config()
            if key == "allow_peer_user" { config.allowPeerUser = ["nobody-of-this-name"] } else { config.allowPeerGroup = ["nobody-of-this-name"] }
            #expect {
                _ = try PeerAllowList(config)
            } throws: { error in
                (error as? ConfigError)?.key == key && "\(error)".contains("nobody-of-this-name")
            }
        }
    }
}
