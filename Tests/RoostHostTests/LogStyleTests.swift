import Glibc
import Testing

@testable import RoostHost

@Suite("The style of log entries")
struct LogStyleTests {
    private func place(_ stream: String?, terminal: Bool = false, refusesColour: Bool = false, _ descriptor: Int32) -> StandardErrorPlace {
        StandardErrorPlace(journalStream: stream, isTerminal: terminal, refusesColour: refusesColour, descriptor: descriptor)
    }

    @Test("is the journal's only when standard error is the stream that systemd connected")
    func journal() throws {
        var pair: [Int32] = [0, 0]
        try #require(pipe(&pair) == 0)
        defer { pair.forEach { close($0) } }
        var status = stat()
        try #require(fstat(pair[1], &status) == 0)
        #expect(place("\(status.st_dev):\(status.st_ino)", pair[1]) == .journal)
        #expect(place("\(status.st_dev):\(status.st_ino)", terminal: true, pair[1]) == .journal)
        #expect(place("\(status.st_dev):\(status.st_ino + 1)", pair[1]) == .elsewhere)
        for junk in ["", ":", "1", "1:2:3", "x:y", "-1:-1", "99999999999999999999:1"] { #expect(place(junk, pair[1]) == .elsewhere) }
        #expect(place("1:1", -1) == .elsewhere)
    }

    @Test("has colour only on a terminal whose operator wants it")
    func colour() {
        #expect(place(nil, terminal: true, 2) == .terminal(colour: true))
        #expect(place(nil, terminal: true, refusesColour: true, 2) == .terminal(colour: false))
        #expect(place(nil, 2) == .elsewhere)
    }

    @Test("follows log_format, and without one the place", arguments: [
        (LogFormat.auto, StandardErrorPlace.journal as StandardErrorPlace?, LogStyle.journal), (.auto, .terminal(colour: true), .coloured),
        (.auto, .terminal(colour: false), .plain), (.auto, .elsewhere, .plain), (.auto, nil, .plain),
        (.plain, .journal, .plain), (.plain, .terminal(colour: true), .coloured), (.plain, .terminal(colour: false), .plain), (.plain, nil, .plain),
        (.json, .journal, .json), (.json, .terminal(colour: true), .json), (.json, nil, .json), (.logfmt, .elsewhere, .logfmt), (.journal, .elsewhere, .journal),
    ])
    func style(_ format: LogFormat, _ place: StandardErrorPlace?, _ style: LogStyle) {
        #expect(LogStyle(format, place) == style)
    }

    @Test("gives lines their priority where the journal reads them, and no time in plain ones")
    func priority() {
        let line = LogLine(level: .warning, message: "x", fields: [("k", "v")])
        func text(_ style: LogStyle, _ place: StandardErrorPlace?) -> String {
            LogDestination(style: style, output: .standardError, place: place, identifier: "x").text(of: line, "roost")
        }
        #expect(text(.plain, .journal) == "<4>x k=v")
        #expect(text(.json, .journal).hasPrefix(#"<4>{"time":"#))
        #expect(text(.logfmt, .journal).hasPrefix("<4>time="))
        #expect(text(.json, .elsewhere).hasPrefix(#"{"time":"#))
        #expect(text(.plain, nil).hasSuffix("Z warning  x k=v"))
        // What is for the journal and does not get there.
        #expect(text(.journal, .journal) == "<4>x k=v")
        #expect(text(.journal, .elsewhere).hasSuffix("Z warning  x k=v"))
    }
}
