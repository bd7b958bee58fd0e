import Testing

@testable import RoostHost

@Suite("Suggestions")
struct SuggestionTests {
    @Test("find the name that was meant", arguments: [
        ("backlgo", "backlog"), ("bakclog", "backlog"), ("baclog", "backlog"), ("backlogs", "backlog"), ("graceful_timout", "graceful_timeout"),
        ("bnid", "bind"), ("grace_timeout", "graceful_timeout"), ("keepalive_timeout", "keep_alive_timeout"),
    ])
    func near(_ typed: String, _ meant: String) {
        #expect(Suggestion.nearest(to: typed, among: SettingTable.command.settings.map(\.key)) == meant)
    }

    @Test("are not made for something else altogether", arguments: ["", "xyzzy", "zebras", String(repeating: "a", count: 100_000)])
    func far(_ typed: String) {
        #expect(Suggestion.nearest(to: typed, among: SettingTable.command.settings.map(\.key)) == nil)
    }

    @Test("count letters that were inserted, removed, replaced and swapped", arguments: [
        ("", "", 0), ("a", "", 1), ("", "ab", 2), ("abc", "abd", 1), ("abc", "acb", 1), ("abc", "abcd", 1), ("kitten", "sitting", 3),
    ])
    func distance(_ a: String, _ b: String, _ expected: Int) {
        #expect(Suggestion.distance(Array(a.utf8), Array(b.utf8)) == expected)
        #expect(Suggestion.distance(Array(b.utf8), Array(a.utf8)) == expected)
    }
}
