import Roost
import Testing

@testable import RoostHost

@Suite("Settings of addresses")
struct AddressSettingsTests {
    private func resolve(_ text: String, flags: [GivenFlag] = [], environment: [String: String] = [:]) throws -> ResolvedSettings {
        try SettingLayers.resolve(.command, flags: [GivenFlag(key: "config", value: .text("t.toml"))] + flags, environment: environment) {
            name throws(SettingError) in try ConfigurationFile(parsing: text, file: name)
        }
    }

    @Test("are found again by the address, for an error to say where it was asked for")
    func places() throws {
        let settings = try resolve("insecure_bind = 'unix:/run/a.sock'\nadmin_socket = '/run/admin.sock'", environment: ["ROOST_BIND": "127.0.0.1:80"])
        #expect(settings.bindSettings == ["127.0.0.1:80": "ROOST_BIND", "unix:/run/a.sock": "insecure_bind, t.toml:1:1"])
        let admin = try #require(settings.adminConfig)
        #expect(admin.bind == [.unix(path: "/run/admin.sock")] && admin.socket.mode == 0o600)
        #expect(admin.bindSettings == ["unix:/run/admin.sock": "admin_socket, t.toml:2:1"])
    }

    @Test("a default was asked for by nobody")
    func defaults() throws {
        let settings = try resolve("")
        #expect(settings.bindSettings.isEmpty && settings.adminConfig == nil)
        #expect(settings.listeningConfig(isActivated: false).bind == Config().bind)
        #expect(settings.listeningConfig(isActivated: true).bind == [.systemd(name: nil)])
        #expect(try resolve("bind = ':80'").listeningConfig(isActivated: true).bind == [.tcp(host: "", port: 80)])
    }
}
