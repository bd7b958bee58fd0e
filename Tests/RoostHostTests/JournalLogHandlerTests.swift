import Glibc
import Logging
import Synchronization
import Systemd
import Testing

@testable import RoostHost

@Suite("Entries for the journal")
struct JournalLogHandlerTests {
    @Test("carry message, priority, place and each piece of metadata as fields")
    func fields() throws {
        let journal = Recorder(.sent)
        var logger = journal.logger()
        logger[metadataKey: "request_id"] = "01f"
        logger.info("request refused: bad", metadata: ["client": "203.0.113.7:4000", "status": "400"], file: "Roost/X.swift", function: "f(_:)", line: 77)
        let entry = try #require(journal.entries.first)
        #expect(entry == [
            "MESSAGE=request refused: bad client=203.0.113.7:4000 request_id=01f status=400",
            "PRIORITY=6",
            "SYSLOG_IDENTIFIER=program",
            "CODE_FILE=Roost/X.swift",
            "CODE_LINE=77",
            "CODE_FUNC=f(_:)",
            "LOGGER=test",
            "ROOST_CLIENT=203.0.113.7:4000",
            "ROOST_REQUEST_ID=01f",
            "ROOST_STATUS=400",
        ])
        #expect(journal.lines == [])
    }

    @Test("have the priority of their level", arguments: zip(Logger.Level.allCases, [7, 7, 6, 5, 4, 3, 2]))
    func priority(_ level: Logger.Level, _ priority: Int) {
        let journal = Recorder(.sent)
        journal.logger(.trace).log(level: level, "x")
        #expect(journal.entries.first?[1] == "PRIORITY=\(priority)")
    }

    @Test("show the same text as a line would, and hold the values as they are")
    func escaping() throws {
        let journal = Recorder(.sent)
        journal.logger().error("a\nPRIORITY=0", metadata: ["path": "/a b\n", "nested": ["x": ["1", "2"]]])
        let entry = try #require(journal.entries.first)
        let fields = #" nested="[\"x\": [\"1\", \"2\"]]" path="/a b\n""#
        #expect(entry.first == "MESSAGE=a\(fields)\n    PRIORITY=0")
        #expect(entry.contains("ROOST_PATH=/a b\n"))
        #expect(entry.contains(#"ROOST_NESTED=["x": ["1", "2"]]"#))
        let lines = Mutex<[String]>([])
        let handler = LineLogHandler(logLevel: .info) { line in lines.withLock { $0.append(line.journalText) } }
        Logger(label: "test") { _ in handler }.error("a\nPRIORITY=0", metadata: ["path": "/a b\n", "nested": ["x": ["1", "2"]]])
        #expect(lines.withLock { $0 } == [#"<3>a\nPRIORITY=0"# + fields])
    }

    @Test("have names that the journal keeps, whatever the key is", arguments: [
        ("request_id", "ROOST_REQUEST_ID"), ("client", "ROOST_CLIENT"), ("error-type", "ROOST_ERROR_TYPE"), ("", "ROOST_"), ("9", "ROOST_9"),
        ("_x", "ROOST__X"), ("ü", "ROOST___"), ("a=b\n", "ROOST_A_B_"), (String(repeating: "k", count: 100), "ROOST_" + String(repeating: "K", count: 58)),
    ])
    func names(_ key: String, _ name: String) {
        #expect(JournalLogHandler.name(key)?.text == name)
    }

    @Test("go to standard error as a line when there is no way to the journal", arguments: [JournalResult.notUnderSystemd, .failed(errno: 13)])
    func fallback(_ result: JournalResult) {
        let journal = Recorder(result)
        journal.logger().warning("x", metadata: ["k": "v"])
        #expect(journal.lines == ["<4>x k=v"])
    }

    @Test("go nowhere else when the journal takes nothing: there they are counted")
    func blocked() {
        let journal = Recorder(.failed(errno: EAGAIN))
        journal.logger().warning("x")
        #expect(journal.entries.count == 1)
        #expect(journal.lines == [])
    }

    @Test("carry the metadata of logger, provider and entry, and the error; the entry's own first in case of doubt")
    func metadata() throws {
        struct Broken: Error {}
        let journal = Recorder(.sent)
        var handler = journal.handler(.info)
        handler.metadataProvider = Logger.MetadataProvider { ["b": "provider", "c": "provider"] }
        let copy = handler
        var logger = Logger(label: "test") { _ in copy }
        logger[metadataKey: "a"] = "logger"
        logger[metadataKey: "b"] = "logger"
        logger.error("x", error: Broken(), metadata: ["c": "entry"])
        logger.debug("too low")
        #expect(journal.entries.count == 1)
        let entry = try #require(journal.entries.first)
        #expect(entry.suffix(4) == ["ROOST_A=logger", "ROOST_B=provider", "ROOST_C=entry", "ROOST_ERROR=Broken()"])
    }

    @Test("are what a program writes whose standard error is the journal, and no other's")
    func choice() {
        #expect(LogStyle.journal.handler(label: "x", logLevel: .error) is JournalLogHandler)
        #expect(LogStyle.journal.handler(label: "x", logLevel: .error).logLevel == .error)
        for style in [LogStyle.plain, .coloured, .json, .logfmt] { #expect(style.handler(label: "x") is LineLogHandler) }
    }
}

/// Plays the journal's part and standard error's.
private final class Recorder: Sendable {
    private let seen = Mutex<(entries: [[String]], lines: [String])>(([], []))
    private let result: JournalResult

    init(_ result: JournalResult) {
        self.result = result
    }

    /// Each entry as `NAME=value`.
    var entries: [[String]] { seen.withLock { $0.entries } }
    var lines: [String] { seen.withLock { $0.lines } }

    func handler(_ level: Logger.Level) -> JournalLogHandler {
        JournalLogHandler(
            label: "test", logLevel: level, identifier: "program",
            send: { [self] fields in
                let entry = fields.map { "\($0.name)=\(String(decoding: $0.value, as: UTF8.self))" }
                seen.withLock { $0.entries.append(entry) }
                return result
            },
            write: { [self] line in seen.withLock { $0.lines.append(line.journalText) } }
        )
    }

    func logger(_ level: Logger.Level = .info) -> Logger {
        let handler = handler(level)
        return Logger(label: "test") { _ in handler }
    }
}
