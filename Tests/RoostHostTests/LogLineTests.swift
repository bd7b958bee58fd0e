import Glibc
import Logging
import Synchronization
import Testing

@testable import RoostHost

@Suite("Log lines")
struct LogLineTests {
    private let time = timespec(tv_sec: 1_795_426_200, tv_nsec: 42_000_000)

    enum Form: CaseIterable {
        case plain, coloured, journal, logfmt, json
    }

    private func line(_ form: Form, _ message: String, _ fields: [(name: String, value: Logger.MetadataValue)] = [], _ level: Logger.Level = .info) -> String {
        let line = LogLine(level: level, message: message, fields: fields)
        return switch form {
        case .plain: line.text(.plain, at: time)
        case .coloured: line.text(.coloured, at: time)
        case .journal: line.journalText
        case .logfmt: line.logfmt(label: "roost", at: time)
        case .json: line.json(label: "roost", at: time)
        }
    }

    @Test("are time, level, message and fields")
    func plain() {
        #expect(line(.plain, "running", [("bind", "http://127.0.0.1:8000"), ("n", "2")]) == "2026-11-23T09:30:00.042Z info     running bind=http://127.0.0.1:8000 n=2")
    }

    @Test("leave the time to the journal and give it the priority", arguments: zip(Logger.Level.allCases, [7, 7, 6, 5, 4, 3, 2]))
    func journal(_ level: Logger.Level, _ priority: Int) {
        #expect(line(.journal, "x", [], level) == "<\(priority)>x")
    }

    @Test("have colour on a terminal only")
    func colour() {
        #expect(line(.coloured, "x", [], .error).contains("\u{1B}[31merror"))
        #expect(!line(.plain, "x", [], .error).contains("\u{1B}"))
    }

    @Test("stay one entry whatever a client sends", arguments: Form.allCases)
    func oneLine(_ style: Form) {
        let evil = "a\nb\r\u{1B}[2J\u{0}\u{85}\u{2028}\u{202E}\t"
        let text = line(style, evil, [("k\n", .string(evil))]).replacing("\u{1B}[2m", with: "").replacing("\u{1B}[0m", with: "").replacing("\u{1B}[32m", with: "")
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        #expect(lines.count == (style == .plain || style == .coloured ? 2 : 1))
        // Only the message's own lines are lines, and they are indented.
        #expect(lines.dropFirst().allSatisfy { $0.hasPrefix("    ") })
        for line in lines {
            #expect(line.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7F && $0.value != 0x85 && $0.value != 0x2028 && $0.value != 0x202E })
        }
        let shown = style == .json ? #"a\nb\r\u001b[2J\u0000\u0085\u2028\u202e\t"# : #"a\nb\r\x1b[2J\x00\x85\u{2028}\u{202e}\t"#
        #expect(text.contains(shown))
    }

    @Test("show the lines of a traceback below, indented, in one line for the journal's stream")
    func traceback() {
        let text = line(.plain, "failed: boom\nTraceback:\n  File x", [("k", "v")])
        #expect(text == "2026-11-23T09:30:00.042Z info     failed: boom k=v\n    Traceback:\n      File x")
        #expect(line(.journal, "failed: boom\nTraceback:", [("k", "v")]) == #"<6>failed: boom\nTraceback: k=v"#)
    }

    @Test("quote values that could be taken for something else", arguments: [
        ("plain", "plain"), ("/a/b:c", "/a/b:c"), ("", "\"\""), ("a b", "\"a b\""), ("a=b", "\"a=b\""), ("a\"b", "\"a\\\"b\""), ("a\\b", "\"a\\\\b\""),
        ("a\nb", "\"a\\nb\""), ("grün", "grün"),
    ])
    func values(_ value: String, _ shown: String) {
        #expect(LogLine.value(value) == shown)
    }

    @Test("carry the metadata of logger, provider and entry, the entry's own first in case of doubt")
    func handler() {
        let lines = Mutex<[String]>([])
        var handler = LineLogHandler(logLevel: .debug) { line in lines.withLock { $0.append(line.journalText) } }
        handler.metadataProvider = Logger.MetadataProvider { ["b": "provider", "c": "provider"] }
        let copy = handler
        var logger = Logger(label: "test") { _ in copy }
        logger[metadataKey: "a"] = "logger"
        logger[metadataKey: "b"] = "logger"
        logger.info("hello", metadata: ["c": "entry"])
        logger.trace("too low")
        #expect(lines.withLock { $0 } == ["<6>hello a=logger b=provider c=entry"])
    }

    @Test("are one JSON object with the numbers as numbers")
    func json() {
        struct Odd: CustomStringConvertible, Sendable { let description = "odd \"one\"" }
        let fields: [(name: String, value: Logger.MetadataValue)] = [
            ("client", "203.0.113.7"), ("status", .stringConvertible(500)), ("ratio", .stringConvertible(0.5)), ("ok", .stringConvertible(true)),
            ("nan", .stringConvertible(Double.nan)), ("odd", .stringConvertible(Odd())), ("list", ["a", ["b": .stringConvertible(1)]]), ("level", "mine"),
        ]
        let own = #"{"time":"2026-11-23T09:30:00.042Z","level":"error","message":"failed: \"x\"","logger":"roost","#
        let others = #""client":"203.0.113.7","status":500,"ratio":0.5,"ok":true,"nan":"nan","odd":"odd \"one\"","list":["a",{"b":1}],"level_":"mine"}"#
        #expect(line(.json, "failed: \"x\"", fields, .error) == own + others)
    }

    @Test("are pairs in logfmt, whose keys have no spaces")
    func logfmt() {
        #expect(line(.logfmt, "it failed", [("path", "/a b"), ("n", .stringConvertible(2)), ("a b=\"", "x"), ("msg", "mine")], .warning)
            == #"time=2026-11-23T09:30:00.042Z level=warning logger=roost msg="it failed" path="/a b" n=2 a_b__=x msg_=mine"#)
    }
}
