import Testing

@testable import RoostHost

@Suite("The settings table")
struct SettingTableTests {
    private static let flagged = SettingTable.command.settings.filter { $0.places.contains(.flag) }

    /// A value that the setting accepts and that is not its default.
    static func example(_ setting: Setting) -> String {
        switch setting.key {
        case "bind", "insecure_bind": return "unix:/run/x.sock"
        case "keyfile_password": return "credential:x"
        case "log_level": return "debug"
        case "log_format": return "json"
        case "access_log_format": return "%(h)s"
        case "app_executor": return "pool"
        case "lifespan": return "off"
        case "worker_class": return "uvloop"
        case "h2_max_header_list_size", "h2_max_inbound_frame_size": return "77KiB"
        case "workers_max_rss": return "777MiB"
        case "proxy_protocol": return "required"
        case "header_map": return "refuse"
        case "verify_mode": return "optional"
        case "ciphers": return "ECDHE+CHACHA20"
        default: break
        }
        return switch setting.placeholder {
        case "number": "77"
        case "bytes": "777"
        case "mode": "0123"
        case "time": "7s"
        case "peers": "unix:, 10.0.0.0/8, ::1"
        case "fields": "x-forwarded-for, x-forwarded-host"
        case "user", "group": "www-data"
        case "name": "example.org, *.example.net:8443, [2001:db8::1]"
        case "pattern": "*.html"
        case "version": "1.3"
        case "protocols": "http/1.1"
        case "host:port": "127.0.0.1:9125"
        case "directory=location": "/srv/files=/protected"
        default: "/x"
        }
    }

    @Test("keys are unique, in snake case, and their flags are too")
    func unique() {
        let keys = SettingTable.command.settings.map(\.key)
        #expect(Set(keys).count == keys.count)
        for key in keys { #expect(key.utf8.allSatisfy { (0x61...0x7A).contains($0) || $0 == UInt8(ascii: "_") || $0 == UInt8(ascii: "2") }) }
        let flags = Self.flagged.flatMap { [$0.longFlag] + $0.otherFlags } + ["help", "version", "check-config", "print-config", "running"]
        #expect(Set(flags).count == flags.count)
        let shorts = Self.flagged.compactMap(\.short)
        #expect(Set(shorts).count == shorts.count)
    }

    @Test("every row is a flag of roost serve, and arrives", arguments: flagged.map(\.key))
    func flags(_ key: String) throws {
        let setting = try #require(SettingTable.command.setting(key: key))
        let names = ([setting.longFlag] + setting.otherFlags).map { "--\($0)" } + (setting.short.map { ["-\($0)"] } ?? [])
        for name in names {
            if setting.form == .onOff {
                #expect(try given([name]) == [GivenFlag(key: key, value: .boolean(true))])
                #expect(try given(["--no-\(setting.longFlag)"]) == [GivenFlag(key: key, value: .boolean(false))])
            } else {
                let example = Self.example(setting)
                let value: SettingValue = setting.form == .repeatable ? .list([.text(example)]) : .text(example)
                #expect(try given([name, example]) == [GivenFlag(key: key, value: value)])
            }
        }
    }

    @Test("a flag that may be given several times keeps all, another one the last")
    func repeated() throws {
        #expect(try given(["-b", "a", "--bind", "c"]) == [GivenFlag(key: "bind", value: .list([.text("a"), .text("c")]))])
        #expect(try given(["--backlog", "1", "--backlog=2"]) == [GivenFlag(key: "backlog", value: .text("2"))])
    }

    @Test("a list may be one flag with commas or several flags")
    func lists() throws {
        let flags = ["--forwarded-allow-ips", "unix:, 10.0.0.0/8", "--forwarded-allow-ips=::1", "--allow-peer-user", "www-data,33"]
        let settings = try SettingLayers.resolve(.command, flags: try given(flags), environment: [:])
        #expect(settings.values.serve.forwardedAllowIPs.description == "unix:,10.0.0.0/8,::1")
        #expect(settings.values.serve.allowPeerUser == ["www-data", "33"])
    }

    @Test("the help text has every flag, and no flag that is not in the table")
    func help() {
        let text = RoostTool.helpMessage(for: ServeCommand.self, includeHidden: true, columns: 400)
        var shown: Set<String> = []
        for line in text.split(separator: "\n") where line.hasPrefix("  -") {
            let names = line.dropFirst(2).prefix { $0 != "<" }.split(separator: "  ").first ?? ""
            shown.formUnion(names.split { ", /".contains($0) }.map(String.init).filter { $0.hasPrefix("--") })
        }
        var expected: Set<String> = ["--help", "--version", "--check-config", "--print-config"]
        for setting in Self.flagged {
            expected.formUnion(([setting.longFlag] + setting.otherFlags).map { "--\($0)" })
            if setting.form == .onOff { expected.insert("--no-\(setting.longFlag)") }
        }
        #expect(shown == expected)
        for section in SettingSection.allCases { #expect(text.contains("\(section.rawValue.uppercased()):")) }
    }

    @Test("every row takes its own value and its default from a variable", arguments: SettingTable.command.settings.map(\.key))
    func variables(_ key: String) throws {
        let setting = try #require(SettingTable.command.setting(key: key))
        var settings = HostSettings()
        let example = setting.form == .onOff ? "true" : Self.example(setting)
        try setting.set(.text(example), from: .builtIn, in: &settings)
        #expect(setting.value(in: settings).plain == example)
        guard let plain = setting.defaultValue.plain else { return }
        try setting.set(.text(plain), from: .builtIn, in: &settings)
        #expect(setting.value(in: settings) == setting.defaultValue)
    }

    @Test("every row gives a program a value that it takes back", arguments: SettingTable.command.settings.map(\.key))
    func programs(_ key: String) throws {
        let setting = try #require(SettingTable.command.setting(key: key))
        var settings = HostSettings()
        try setting.set(.text(setting.form == .onOff ? "true" : Self.example(setting)), from: .builtIn, in: &settings)
        let shown = setting.value(in: settings)
        let plain = setting.plainValue(in: settings)
        #expect(plain != setting.plainValue(in: HostSettings()) || setting.form == .onOff)
        var again = HostSettings()
        try setting.set(plain, from: .program, in: &again)
        #expect(setting.value(in: again) == shown)
    }

    @Test("nothing unsets a row that may be unset or off, and no other", arguments: SettingTable.command.settings.map(\.key))
    func nothing(_ key: String) throws {
        let setting = try #require(SettingTable.command.setting(key: key))
        var settings = HostSettings()
        let words: [String?] = [nil, "off", "auto"]
        let mayBe = setting.plainValue(in: settings) == .nothing || words.contains { word in
            word.map { (try? setting.set(.text($0), from: .program, in: &settings)) != nil && setting.plainValue(in: settings) == .nothing } ?? false
        }
        if mayBe {
            try setting.set(.nothing, from: .program, in: &settings)
            #expect(setting.plainValue(in: settings) == .nothing)
        } else {
            #expect(throws: SettingError.self) { try setting.set(.nothing, from: .program, in: &settings) }
        }
    }

    @Test("no row takes nonsense", arguments: SettingTable.command.settings.map(\.key))
    func nonsense(_ key: String) throws {
        let setting = try #require(SettingTable.command.setting(key: key))
        var settings = HostSettings()
        for value: SettingValue in [.other(kind: "a date"), .table([:]), .list([.table([:])]), .list([.list([])]), .text("\u{1}"), .number(.nan)] {
            #expect(throws: SettingError.self) { try setting.set(value, from: .builtIn, in: &settings) }
        }
        guard !["root_path", "statsd_prefix", "dogstatsd_tags"].contains(key) else { return }
        #expect(throws: SettingError.self) { try setting.set(.text(""), from: .builtIn, in: &settings) }
    }

    private func given(_ arguments: [String]) throws -> [GivenFlag] {
        try #require(try ServeCommand.parseAsRoot(arguments) as? ServeCommand).given
    }
}
