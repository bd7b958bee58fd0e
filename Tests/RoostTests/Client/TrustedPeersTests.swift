import Testing

@testable import Roost

@Suite("Trusted peers")
struct TrustedPeersTests {
    @Test("are read from text and written as it", arguments: ["*", "unix:", "10.0.0.0/8", "192.0.2.1", "2001:db8::/32", "::1"])
    func peer(_ text: String) throws {
        #expect(try TrustedPeer(text).description == text)
    }

    @Test(
        "of another form are refused in one line with an example",
        arguments: [
            ("", "it is empty"), ("unix:/run/app.sock", "has no path"), ("unix", "expected an IP address, a network, unix: or *"), ("all", "names are not looked up"),
            ("**", "for example 127.0.0.1"), ("10.0.0.1/8", "for example 10.0.0.0/8"), ("a\nb", #""a\nb" can't be trusted"#),
        ]
    )
    func refused(_ text: String, _ part: String) {
        let error = #expect(throws: TrustedPeerError.self) { try TrustedPeer(text) }
        #expect(error?.text == text)
        #expect(error?.description.contains(part) == true, "\(error?.description ?? "")")
        #expect(error?.description.contains("\n") == false)
    }

    @Test("are listed with commas", arguments: [("", ""), ("  ", ""), ("*", "*"), ("unix:, 127.0.0.0/8 ,::1", "unix:,127.0.0.0/8,::1")])
    func list(_ text: String, _ description: String) throws {
        let peers = try TrustedPeers(text)
        #expect(peers.description == description)
        #expect(try TrustedPeers(description) == peers)
    }

    @Test("are not listed with nothing between commas", arguments: [",", "unix:,", ",unix:", "unix:, ,::1", "unix:;::1", "unix: ::1"])
    func noList(_ text: String) {
        #expect(throws: TrustedPeerError.self) { try TrustedPeers(text) }
    }

    @Test("are local by this name: Unix sockets and loopback")
    func local() {
        #expect(TrustedPeers.local.description == "unix:,127.0.0.0/8,::1")
        #expect(TrustedPeers.local == [.unix, .network(try! IPNetwork("127.0.0.0/8")), .network(try! IPNetwork("::1"))])
    }

    @Test(
        "trust whom they name",
        arguments: [
            ("", Hop.ip(ip("127.0.0.1")), false), ("*", .ip(ip("1.2.3.4")), true), ("*", .unix, true), ("*", .unknown, true), ("unix:", .unix, true),
            ("unix:", .unknown, false), ("unix:", .ip(ip("127.0.0.1")), false), ("10.0.0.0/8", .ip(ip("10.1.1.1")), true), ("10.0.0.0/8", .unix, false),
            ("0.0.0.0/0,::/0", .unknown, false), ("unix:,::1,10.0.0.0/8", .ip(ip("::ffff:10.1.1.1")), true),
        ]
    )
    func trusts(_ text: String, _ hop: Hop, _ isTrusted: Bool) {
        #expect(peers(text).trusts(hop) == isTrusted)
    }

    @Test("cover the entries of lists that are in a network; `*` and `unix:` cover none")
    func covers() {
        #expect(!peers("*,unix:").covers(ip("1.2.3.4")))
        #expect(peers("*,unix:,1.2.3.0/24").covers(ip("1.2.3.4")))
        #expect(peers("1.2.3.0/24").covers(ip("::ffff:1.2.3.4")))
        #expect(!peers("1.2.3.0/24").covers(ip("1.2.4.4")))
    }
}
