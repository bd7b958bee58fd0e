import Testing

@testable import RoostHost

@Suite("The manual of the configuration file")
struct FileManualTests {
    private static let page = ManualPage("roost.toml.5")
    private static let settings = SettingTable.command.settings.filter { $0.places.contains(.file) }

    private struct Entry {
        var facts: String
        var example: String
    }

    /// What stands there for each key: `.It Va KEY`, then `.Pq Em TYPE , No default VALUE`, and somewhere `.Dl KEY = VALUE`.
    private static let entries: [String: Entry] = {
        var entries: [String: Entry] = [:]
        let lines = Array(page.section("KEYS"))
        for (index, line) in lines.enumerated() where line.hasPrefix(".It Va ") {
            let own = lines[(index + 1)...].prefix { !$0.hasPrefix(".It ") }
            let example = own.first { $0.hasPrefix(".Dl ") }?.dropFirst(4) ?? ""
            entries[String(line.dropFirst(7))] = Entry(facts: ManualPage.plain(own.first ?? ""), example: ManualPage.plain(example))
        }
        return entries
    }()

    @Test("has every key of the table with its type and default, in its section, and no other")
    func keys() {
        for setting in Self.settings {
            let kind = setting.key == "app" ? "app" : setting.form == .repeatable ? "list of \(setting.placeholder)" : setting.placeholder
            let value = setting.defaultValue.toml.map { " , No default \($0)" } ?? ""
            #expect(Self.entries[setting.key]?.facts == ".Pq Em \(kind)\(value)", "\(setting.key)")
        }
        #expect(Set(Self.entries.keys) == Set(Self.settings.map(\.key)))
        var section = ""
        for line in Self.page.section("KEYS") {
            if line.hasPrefix(".Ss ") { section = String(line.dropFirst(4)) }
            guard line.hasPrefix(".It Va "), let setting = SettingTable.command.setting(key: String(line.dropFirst(7))) else { continue }
            #expect(setting.section.rawValue == section, "\(setting.key)")
        }
    }

    @Test("has an example for every key that is taken, and is not its default", arguments: settings.map(\.key))
    func examples(_ key: String) throws {
        let example = try #require(Self.entries[key]?.example)
        let settings = try resolve(example)
        #expect(Array(settings.origins.keys.filter { $0 != "config" }) == [key])
        let setting = try #require(SettingTable.command.setting(key: key))
        #expect(setting.value(in: settings.values) != setting.defaultValue || setting.defaultValue == .unset)
    }

    @Test("has whole files that are taken")
    func files() throws {
        let blocks = Self.page.section("EXAMPLES").split { $0.hasPrefix(".Bd ") }.dropFirst().map { $0.prefix { $0 != ".Ed" } }
        #expect(blocks.count >= 2)
        for block in blocks { _ = try resolve(block.map { ManualPage.plain($0) }.joined(separator: "\n")) }
    }

    @Test("writes a bind in three ways that are the same")
    func binds() throws {
        let block = Self.page.section("ADDRESSES").drop { !$0.hasPrefix(".Bd ") }.dropFirst().prefix { $0 != ".Ed" }
        let ways = block.map { ManualPage.plain($0) }.split(separator: "").map { $0.joined(separator: "\n") }
        let binds = try ways.map { try resolve($0).values.serve.bind }
        #expect(binds.count == 3 && binds[0].count == 1 && binds.allSatisfy { $0 == binds[0] })
    }

    @Test("lists every key of other servers, with the setting that means the same if there is one")
    func foreignKeys() {
        let lines = Array(Self.page.section("KEYS OF OTHER SERVERS"))
        var listed: [String: Substring] = [:]
        for (index, line) in lines.enumerated() where line.hasPrefix(".It Va ") {
            for name in line.dropFirst(7).split(separator: " ") where name != "," { listed[String(name)] = lines[index + 1] }
        }
        #expect(Set(listed.keys) == Set(ForeignKey.all.map(\.key)))
        for foreign in ForeignKey.all {
            guard let setting = foreign.setting(in: .command) else { continue }
            #expect(listed[foreign.key] == ".Va \(setting.key)", "\(foreign.key)")
        }
    }

    private func resolve(_ text: String) throws -> ResolvedSettings {
        try SettingLayers.resolve(.command, flags: [GivenFlag(key: "config", value: .text("t.toml"))], environment: [:]) { name throws(SettingError) in
            try ConfigurationFile(parsing: text, file: name)
        }
    }
}
