import Roost
import Testing

@testable import RoostHost

@Suite("Settings about proxies")
struct ProxySettingTests {
    private func settings(_ values: [String: SettingValue]) throws(SettingError) -> HostSettings {
        let flags = values.sorted { $0.key < $1.key }.map { GivenFlag(key: $0.key, value: $0.value) }
        return try SettingLayers.resolve(.command, flags: flags, environment: [:]).values
    }

    @Test("by default nobody is believed and no PROXY header is taken")
    func defaults() throws {
        let serve = try settings([:]).serve
        #expect(serve.proxyProtocol == .off)
        #expect(serve.proxyAllowFrom == .local)
        #expect(serve.forwardedAllowIPs == [])
        #expect(serve.forwardedHops == nil)
        #expect(serve.forwardedHeaders == [.xForwardedFor, .xForwardedProto])
        #expect(serve.headerMap == .drop)
        #expect(serve.allowPeerUser.isEmpty && serve.allowPeerGroup.isEmpty)
    }

    @Test("every mode is understood, in any case", arguments: ProxyProtocolMode.allCases)
    func modes(_ mode: ProxyProtocolMode) throws {
        #expect(try settings(["proxy_protocol": .text(mode.rawValue.uppercased())]).serve.proxyProtocol == mode)
    }

    @Test("an empty list is none or an empty array, and none stands alone")
    func emptyLists() throws {
        for value: SettingValue in [.text("none"), .list([.text("none")]), .list([])] {
            #expect(try settings(["proxy_allow_from": value]).serve.proxyAllowFrom == [])
        }
        #expect(throws: SettingError.self) { try settings(["proxy_allow_from": .text("none,unix:")]) }
        #expect(throws: SettingError.self) { try settings(["proxy_allow_from": .text("unix:,")]) }
    }

    @Test("fields are named in any case and order, and shown in one")
    func fields() throws {
        let settings = try settings(["forwarded_headers": .text("X-Forwarded-Host, x-forwarded-for,X-Forwarded-For")])
        #expect(settings.serve.forwardedHeaders == [.xForwardedFor, .xForwardedHost])
        let shown = SettingTable.command.setting(key: "forwarded_headers")?.value(in: settings).toml
        #expect(shown == "[\"x-forwarded-for\", \"x-forwarded-host\"]")
    }

    @Test("users and groups are names or numbers")
    func accounts() throws {
        let serve = try settings(["allow_peer_user": .list([.text("www-data"), .integer(33)]), "allow_peer_group": .text("nginx, 7")]).serve
        #expect(serve.allowPeerUser == ["www-data", "33"])
        #expect(serve.allowPeerGroup == ["nginx", "7"])
    }

    @Test("proxies are counted only where none is named")
    func hops() throws {
        #expect(try settings(["forwarded_hops": .integer(2), "forwarded_allow_ips": .text("none")]).serve.forwardedHops == 2)
        #expect(throws: SettingError.self) { try settings(["forwarded_hops": .integer(2), "forwarded_allow_ips": .text("*")]) }
        #expect(throws: SettingError.self) { try settings(["forwarded_hops": .integer(0)]) }
    }
}
