import Glibc
import Synchronization
import Testing

@testable import RoostHost

@Suite("Where log lines go")
struct LogOutputTests {
    /// A pipe whose writing end is in blocking mode, as a shell makes it.
    private final class Pipe {
        let reader: Int32
        let output: LogOutput
        let writer: Int32

        init() throws {
            var ends: [Int32] = [0, 0]
            try #require(pipe(&ends) == 0)
            (reader, writer) = (ends[0], ends[1])
            output = LogOutput(path: "the pipe", descriptor: writer, isOwned: false)
        }

        deinit {
            close(reader)
            close(writer)
        }

        /// Everything that is in it.
        func read() -> String {
            var bytes = [UInt8](repeating: 0, count: 1 << 20)
            var polled = pollfd(fd: reader, events: Int16(POLLIN), revents: 0)
            var text = ""
            while poll(&polled, 1, 0) > 0 {
                let count = Glibc.read(reader, &bytes, bytes.count)
                guard count > 0 else { break }
                text += String(decoding: bytes.prefix(count), as: UTF8.self)
            }
            return text
        }
    }

    private func report(_ loss: LogOutput.Loss) -> [UInt8] { Array((LogLosses.report(loss.lines, reason: loss.reason) + "\n").utf8) }

    @Test("are not waited for when nobody reads a pipe, are counted, and told of when somebody reads again")
    func blockedPipe() throws {
        let pipe = try Pipe()
        let line = String(repeating: "x", count: 999)
        var written = 0
        while pipe.output.dropped == 0, written < 1000 {
            pipe.output.write(line: line, report: report)
            written += 1
        }
        #expect(written > 10 && written < 1000)
        let total = LogLosses.total
        for _ in 0..<4 { pipe.output.write(line: line, report: report) }
        #expect(pipe.output.dropped == 5)
        #expect(LogLosses.total >= total + 4)
        // The pipe's mode is everyone's who has it.
        #expect(fcntl(pipe.writer, F_GETFL) & O_NONBLOCK == 0)
        let whole = pipe.read().split(separator: "\n").filter { $0 == line }.count
        #expect(whole == written - 1)
        pipe.output.write(line: "again", report: report)
        pipe.output.write(line: "last", report: report)
        let rest = pipe.read()
        #expect(rest == "5 lines were dropped: nobody reads there\nagain\nlast\n" || rest == "\n5 lines were dropped: nobody reads there\nagain\nlast\n")
        #expect(pipe.output.dropped == 5)
    }

    @Test("are not waited for when nobody reads a socket")
    func blockedSocket() throws {
        var ends: [Int32] = [0, 0]
        try #require(socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &ends) == 0)
        defer { ends.forEach { close($0) } }
        let output = LogOutput(path: "the socket", descriptor: ends[1], isOwned: false)
        var written = 0
        while output.dropped == 0, written < 100_000 {
            output.write(line: String(repeating: "x", count: 999), report: report)
            written += 1
        }
        #expect(output.dropped == 1)
        close(ends[0])
        ends[0] = -1
        // Not the end of the process either.
        output.write(line: "nobody is there", report: report)
        #expect(output.dropped == 2)
    }

    @Test("are counted on a full disk")
    func full() throws {
        let output = try LogOutput(opening: "/dev/full", key: "error_logfile")
        for _ in 0..<3 { output.write(line: "x", report: report) }
        #expect(output.dropped == 3)
    }

    @Test("are counted one by one when several are written together", arguments: [1, 7])
    func batch(_ count: Int) throws {
        let output = try LogOutput(opening: "/dev/full", key: "access_logfile")
        let lines = Array(String(repeating: "line\n", count: count).utf8)
        guard case .failed(let loss) = lines.withUnsafeBytes({ output.write($0) }) else { return #expect(Bool(false)) }
        #expect(loss.lines == count && loss.reason == "No space left on device")
        guard case .stillFails = lines.withUnsafeBytes({ output.write($0) }) else { return #expect(Bool(false)) }
        #expect(output.dropped == 2 * count)
    }

    @Test("that can't be opened are named with their setting and the way out")
    func unopened() {
        let error = #expect(throws: LogFileError.self) { try LogOutput(opening: "/nowhere/x", key: "error_logfile") }
        #expect(error?.description == "error_logfile \"/nowhere/x\": No such file or directory; name a file that the service may write to, or - for standard error")
    }

    @Test("may be settings that contradict each other", arguments: [
        (["error_logfile": "/x", "log_format": "journal"], "log_format = \"journal\": not together with error_logfile"),
        (["error_logfile": "journal", "log_format": "json"], "log_format = \"json\": not together with error_logfile = \"journal\""),
    ])
    func contradictions(_ values: [String: String], _ message: String) {
        let error = #expect(throws: SettingError.self) { try SettingLayers.resolve(.command, program: values.mapValues { .text($0) }) }
        #expect(error?.description.contains(message) ?? false, "\(error?.description ?? "")")
    }

    @Test("are what the settings say", arguments: [
        (["error_logfile": "journal"], LogStyle.journal), (["error_logfile": "-", "log_format": "journal"], .journal), (["log_format": "json"], .json),
        (["error_logfile": "/dev/null"], .plain), (["error_logfile": "/dev/null", "log_format": "logfmt"], .logfmt),
    ])
    func destination(_ values: [String: String], _ style: LogStyle) throws {
        let settings = try SettingLayers.resolve(.command, program: values.mapValues { .text($0) }).values
        let log = try settings.errorLog(program: "test")
        #expect(log.style == style)
        #expect((log.output === LogOutput.standardError) == (settings.errorLogFile != "/dev/null"))
    }
}
