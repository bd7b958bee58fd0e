import Glibc
import Testing

@testable import RoostHost

@Suite("The configuration file")
struct ConfigurationFileTests {
    private func parse(_ text: String) throws(SettingError) -> [ConfigurationFile.Entry] {
        try ConfigurationFile(parsing: text, file: "t.toml").entries
    }

    @Test("gives every value with the place of its key")
    func places() throws {
        let entries = try parse("""
            # a comment with bind = "x"
            bind = ["unix:/a", # one = 1
                    'unix:/b']
              backlog = 5
            "log_level" = "debug"

            root_path = \"\"\"
            backlog = 7 \\"\"\" still text
            \"\"\"
            socket_mode = 0o660
            graceful_timeout = 2.5
            reuse_port = true
            """)
        func entry(_ key: String) -> ConfigurationFile.Entry? { entries.first { $0.key == key } }
        #expect(entries.map(\.key) == ["bind", "backlog", "log_level", "root_path", "socket_mode", "graceful_timeout", "reuse_port"])
        #expect(entries.map(\.position.line) == [2, 4, 5, 7, 10, 11, 12])
        #expect(entry("backlog")?.position == FilePosition(file: "t.toml", line: 4, column: 3))
        #expect(entry("bind")?.value == .list([.text("unix:/a"), .text("unix:/b")]))
        #expect(entry("backlog")?.value == .integer(5))
        #expect(entry("socket_mode")?.value == .integer(0o660, octal: true))
        #expect(entry("graceful_timeout")?.value == .number(2.5))
        #expect(entry("reuse_port")?.value == .boolean(true))
    }

    @Test("shows where a table or a dotted key begins")
    func tables() throws {
        let entries = try parse("backlog = 1\n\n[tls]\ncert = 1\n[[more]]\nx = 1\n")
        #expect(entries.map(\.key) == ["backlog", "tls", "more"])
        #expect(entries.map(\.position.line) == [1, 3, 5])
        #expect(try parse("a.b = 7")[0].value == .table(["b": .integer(7)]))
        #expect(try parse("[[a]]\nb = [1]\n[[a]]\n")[0].value == .list([.table(["b": .list([.integer(1)])]), .table([:])]))
    }

    @Test("knows where each part of a value stands")
    func parts() throws {
        let file = try ConfigurationFile(parsing: """
            a = ["x", # one, two ]
                 [1, 0o7], { b = 1, "c.d" = [ 'y' ] }]
            e.f = 0o17
            [g.h]
            i = \"\"\"
            j = 1\"\"\"
            [[k]]
            l = 1
            [[k]]
            [k.m]
            n = true
            [[k.o]]
            p = 2
            """, file: "t.toml")
        func place(_ path: SettingStep...) -> String? { file.position(of: path).map { "\($0.line):\($0.column)" } }
        #expect(place(.key("a")) == "1:1" && place(.key("a"), .index(0)) == "1:6" && place(.key("a"), .index(1)) == "2:6")
        #expect(place(.key("a"), .index(1), .index(1)) == "2:10")
        #expect(place(.key("a"), .index(2), .key("b")) == "2:18")
        #expect(place(.key("a"), .index(2), .key("c.d")) == "2:25" && place(.key("a"), .index(2), .key("c.d"), .index(0)) == "2:35")
        #expect(place(.key("e")) == "3:1" && place(.key("e"), .key("f")) == "3:1")
        #expect(place(.key("g"), .key("h"), .key("i")) == "5:1" && place(.key("j")) == nil)
        #expect(place(.key("k")) == "7:1" && place(.key("k"), .index(0), .key("l")) == "8:1" && place(.key("k"), .index(1)) == "9:1")
        #expect(place(.key("k"), .index(1), .key("m"), .key("n")) == "11:1")
        #expect(place(.key("k"), .index(1), .key("o"), .index(0), .key("p")) == "13:1")
        #expect(file.entries.first { $0.key == "e" }?.value == .table(["f": .integer(15, octal: true)]))
        #expect(file.entries.first?.value == .list([.text("x"), .list([.integer(1), .integer(7, octal: true)]), .table(["b": .integer(1), "c.d": .list([.text("y")])])]))
    }

    @Test("names line and column of what is not TOML", arguments: [
        ("bind = \n", 1), ("backlog = 1\nbacklog = 2\n", 2), ("a = 1\nb = \"x\n", 2), ("= 1", 1), ("a", 1), ("a = [1,", 1), ("[a", 1),
        ("a = 1 b = 2", 1), ("a = '\u{1}'", 1),
    ])
    func syntax(_ text: String, _ line: Int) throws {
        let error = try #require(throws: SettingError.self) { try parse(text) }
        guard case .syntax(let position, _) = error else {
            Issue.record("\(error)")
            return
        }
        #expect(position.line == line)
        #expect(error.description.hasPrefix("t.toml:\(line):"))
        #expect(!error.description.contains("\n"))
    }

    @Test("refuses NUL characters, which would cut values short", arguments: ["a = \"x\\u0000y\"", "a = 1\n\0", "a = \"\\U00000000\""])
    func nul(_ text: String) throws {
        #expect(throws: SettingError.unreadable(file: "t.toml", reason: "it contains a NUL character")) { try parse(text) }
    }

    @Test("refuses keys of any number of parts, and values in any number of brackets", arguments: [
        "a\(String(repeating: ".b", count: 300_000)) = 1", "[a\(String(repeating: ".b", count: 300_000))]",
    ])
    func deep(_ text: String) throws {
        #expect(throws: SettingError.unreadable(file: "t.toml", reason: "it has keys of more parts than any setting")) { try parse(text) }
        #expect(throws: SettingError.self) { try parse("a = " + String(repeating: "[", count: 100_000)) }
        #expect(throws: SettingError.self) { try parse("a = " + String(repeating: "{a=", count: 100_000)) }
    }

    @Test("says why it cannot be read")
    func unreadable() throws {
        #expect(throws: SettingError.unreadable(file: "/nonexistent/x.toml", reason: "No such file or directory")) {
            try ConfigurationFile(reading: "/nonexistent/x.toml")
        }
        #expect(throws: SettingError.unreadable(file: "/", reason: "Is a directory")) { try ConfigurationFile(reading: "/") }
        #expect(throws: SettingError.unreadable(file: "/dev/zero", reason: "it is larger than 1 MiB")) { try ConfigurationFile(reading: "/dev/zero") }
    }

    @Test("is read from the disk, and must be UTF-8")
    func disk() throws {
        var template = Array("/tmp/roost-host-test-XXXXXX".utf8CString)
        let descriptor = mkstemp(&template)
        try #require(descriptor >= 0)
        defer { close(descriptor) }
        let path = template.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }
        defer { unlink(path) }
        let text = "backlog = 7\n# " + String(repeating: "x", count: 40_000) + "\nbind = 'unix:/a'\n"
        #expect(write(descriptor, text, text.utf8.count) == text.utf8.count)
        #expect(try ConfigurationFile(reading: path).entries.map(\.key) == ["backlog", "bind"])
        #expect(write(descriptor, [0xFF] as [UInt8], 1) == 1)
        #expect(throws: SettingError.unreadable(file: path, reason: "it is not UTF-8")) { try ConfigurationFile(reading: path) }
    }

    @Test("the key scanner ends and stays in bounds on any input")
    func scanner() {
        var random = SystemRandomNumberGenerator()
        let alphabet = Array("ab=.[]{}\"'\\#\n\r\t ,0o_".utf8)
        for _ in 0..<3000 {
            let bytes = (0..<Int.random(in: 0...40, using: &random)).map { _ in alphabet.randomElement(using: &random)! }
            _ = TOMLKeyScanner.places(in: String(decoding: bytes, as: UTF8.self))
        }
    }
}
