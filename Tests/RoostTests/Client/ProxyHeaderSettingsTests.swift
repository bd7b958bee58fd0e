import Testing

@testable import Roost

@Suite("Settings for PROXY headers")
struct ProxyHeaderSettingsTests {
    private typealias Peers = [(bind: Bind, peers: [String])]

    private func problem(_ bind: Bind, _ mode: ProxyProtocolMode, _ peers: [String]) throws -> ConfigError? {
        var config = Config()
        config.bind = [.tcp(host: "127.0.0.1", port: 8000), bind]
        config.bind[0].proxyProtocol = .off
        config.proxyProtocol = mode
        config.proxyAllowFrom = try TrustedPeers(peers.joined(separator: ","))
        do throws(ConfigError) {
            try config.validate()
            return nil
        } catch {
            return error
        }
    }

    @Test("somebody may send the header that everybody must send", arguments: [ProxyProtocolMode.v1, .v2, .required])
    func nobody(mode: ProxyProtocolMode) throws {
        let (unix, tcp, passed) = (Bind.unix(path: "/run/app.sock"), Bind.tcp(host: "", port: 8001), Bind.systemd(name: nil))
        let refused: Peers = [
            (unix, []), (unix, ["10.0.0.0/8"]), (.abstract(name: "app"), ["10.0.0.0/8"]), (tcp, []), (tcp, ["unix:"]), (passed, []), (.descriptor(3), []),
        ]
        for (bind, peers) in refused {
            let problem = try #require(try problem(bind, mode, peers))
            #expect(problem.key == "proxy_allow_from" && problem.value == (peers.first ?? "none"))
            #expect(problem.reason.contains("proxy_protocol = \(mode.rawValue)") && problem.reason.contains("\(bind.address)"))
        }
        let served: Peers = [
            (unix, ["unix:"]), (unix, ["*"]), (tcp, ["10.0.0.0/8"]), (tcp, ["*"]), (passed, ["unix:"]), (passed, ["10.0.0.0/8"]), (.descriptor(3), ["unix:"]),
        ]
        for (bind, peers) in served { #expect(try problem(bind, mode, peers) == nil) }
    }

    @Test("who need not send a header is served without one", arguments: [ProxyProtocolMode.off, .auto])
    func optional(mode: ProxyProtocolMode) throws {
        #expect(try problem(.unix(path: "/run/app.sock"), mode, []) == nil)
    }

    @Test("what a bind says for itself counts")
    func own() throws {
        var bind = Bind.unix(path: "/run/app.sock")
        bind.proxyAllowFrom = TrustedPeers([.unix])
        #expect(try problem(bind, .v2, []) == nil)
        bind.proxyAllowFrom = TrustedPeers([])
        #expect(try problem(bind, .v2, ["unix:"])?.key == "proxy_allow_from")
        bind.proxyProtocol = .auto
        #expect(try problem(bind, .v2, ["unix:"]) == nil)
    }
}
