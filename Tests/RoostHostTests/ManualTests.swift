import Glibc
import Testing

@testable import RoostHost

@Suite("The manual")
struct ManualTests {
    private static let page = ManualPage("roost.1")

    private static func items(_ macro: String) -> [[String]] { page.items(macro) }

    @Test("documents every flag of the table under an item of its own, and no other")
    func flags() {
        var documented: [String: Set<String>] = [:]
        for words in Self.items(".It") where words.first == "Fl" {
            // `.It Fl b , Fl -bind Ar address`: what follows each Fl is a flag without its first dash.
            let names = Set(words.indices.filter { words[$0] == "Fl" && $0 + 1 < words.count }.map { "-" + words[$0 + 1] })
            for name in names { documented[name] = names }
        }
        var expected: Set<String> = ["--version", "--help", "-h", "--check-config", "--print-config", "--running", "--generate-completion-script"]
        for setting in SettingTable.command.settings where setting.places.contains(.flag) {
            var names = Set(([setting.longFlag] + setting.otherFlags).map { "--\($0)" })
            if setting.form == .onOff { names.insert("--no-\(setting.longFlag)") }
            if let short = setting.short { names.insert("-\(short)") }
            #expect(documented[setting.flag] == names, "\(setting.key)")
            expected.formUnion(names)
        }
        #expect(Set(documented.keys) == expected)
    }

    @Test("names every key with its variable and default, and no other key")
    func keys() {
        // `.Pq Va keep_alive_timeout , Ev ROOST_KEEP_ALIVE_TIMEOUT , No default 1m15s`
        var rows: [String: String] = [:]
        for words in Self.items(".Pq") where words.first == "Va" {
            rows[words[1]] = words.joined(separator: " ")
        }
        for setting in SettingTable.command.settings where setting.places.contains(.file) {
            let value = setting.defaultValue.plain.map { " , No default \($0)" } ?? ""
            #expect(rows[setting.key] == "Va \(setting.key) , Ev \(setting.variable)\(value)")
        }
        #expect(Set(rows.keys) == Set(SettingTable.command.settings.filter { $0.places.contains(.file) }.map(\.key)))
    }

    @Test("lists every metric, and no other")
    func metrics() {
        let documented = Self.items(".It").filter { $0.first == "Va" }.flatMap { $0 }.filter { $0.hasPrefix("roost_") || $0.hasPrefix("process_") }
        #expect(documented.sorted() == MetricHelp.texts.keys.sorted())
    }

    @Test("lists every exit status and every built-in app")
    func statusAndApps() {
        let statuses = Self.items(".It").compactMap { $0.count == 1 ? Int32($0[0]) : nil }
        #expect(statuses == ExitStatus.allCases.map(\.rawValue))
        let text = Self.page.lines.joined(separator: "\n")
        for name in AppCatalogue.names { #expect(text.contains(".It \(name)\n")) }
    }
}
