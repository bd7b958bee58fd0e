import Glibc
import Logging
import Synchronization
import Testing

@testable import RoostHost

@Suite("Log lines")
struct LogLineTests {
    private let time = timespec(tv_sec: 1_795_426_200, tv_nsec: 42_000_000)

    private func line(_ style: LogStyle, _ message: String, _ fields: [(name: String, value: String)] = [], _ level: Logger.Level = .info) -> String {
        LogLine(level: level, message: message, fields: fields).text(style, at: time)
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

    @Test("stay one entry whatever a client sends", arguments: LogStyle.all)
    func oneLine(_ style: LogStyle) {
        let evil = "a\nb\r\u{1B}[2J\u{0}\u{85}\u{2028}\u{202E}\t"
        let text = line(style, evil, [("k\n", evil)]).replacing("\u{1B}[2m", with: "").replacing("\u{1B}[0m", with: "").replacing("\u{1B}[32m", with: "")
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        #expect(lines.count == (style == .journal ? 1 : 2))
        // Only the message's own lines are lines, and they are indented.
        #expect(lines.dropFirst().allSatisfy { $0.hasPrefix("    ") })
        for line in lines {
            #expect(line.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7F && $0.value != 0x85 && $0.value != 0x2028 && $0.value != 0x202E })
        }
        #expect(text.contains("a\\nb\\r\\x1b[2J\\x00\\x85\\u{2028}\\u{202e}\\t"))
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
        var handler = LineLogHandler(logLevel: .debug, style: .journal) { line in lines.withLock { $0.append(line) } }
        handler.metadataProvider = Logger.MetadataProvider { ["b": "provider", "c": "provider"] }
        let copy = handler
        var logger = Logger(label: "test") { _ in copy }
        logger[metadataKey: "a"] = "logger"
        logger[metadataKey: "b"] = "logger"
        logger.info("hello", metadata: ["c": "entry"])
        logger.trace("too low")
        #expect(lines.withLock { $0 } == ["<6>hello a=logger b=provider c=entry"])
    }
}

extension LogStyle {
    static let all: [LogStyle] = [.plain, .coloured, .journal]
}

@Suite("The style of log lines")
struct LogStyleTests {
    private func style(_ stream: String?, terminal: Bool = false, refusesColour: Bool = false, _ descriptor: Int32) -> LogStyle {
        LogStyle(journalStream: stream, isTerminal: terminal, refusesColour: refusesColour, descriptor: descriptor)
    }

    @Test("is the journal's only when standard error is the stream that systemd connected")
    func journal() throws {
        var pair: [Int32] = [0, 0]
        try #require(pipe(&pair) == 0)
        defer { pair.forEach { close($0) } }
        var status = stat()
        try #require(fstat(pair[1], &status) == 0)
        #expect(style("\(status.st_dev):\(status.st_ino)", pair[1]) == .journal)
        #expect(style("\(status.st_dev):\(status.st_ino)", terminal: true, pair[1]) == .journal)
        #expect(style("\(status.st_dev):\(status.st_ino + 1)", pair[1]) == .plain)
        for junk in ["", ":", "1", "1:2:3", "x:y", "-1:-1", "99999999999999999999:1"] { #expect(style(junk, pair[1]) == .plain) }
        #expect(style("1:1", -1) == .plain)
    }

    @Test("has colour only on a terminal whose operator wants it")
    func colour() {
        #expect(style(nil, terminal: true, 2) == .coloured)
        #expect(style(nil, terminal: true, refusesColour: true, 2) == .plain)
        #expect(style(nil, 2) == .plain)
    }
}
