import Glibc
import Logging
import Synchronization
import Testing

@testable import RoostHost

@Suite("The pid file")
struct PIDFileTests {
    private let directory: TemporaryDirectory
    private let log = Log()
    private var path: String { "\(directory.path)/app.pid" }

    init() throws { directory = try TemporaryDirectory() }

    /// What is logged.
    private final class Log: Sendable {
        let lines = Mutex<[String]>([])

        var logger: Logger {
            Logger(label: "test") { _ in LineLogHandler(logLevel: .info) { line in self.lines.withLock { $0.append(line.journalText) } } }
        }

        var all: [String] { lines.withLock(\.self) }
    }

    private func file(at path: String? = nil) throws(PIDFileError) -> PIDFile {
        try PIDFile(path ?? self.path, logger: log.logger)
    }

    private var mode: mode_t? {
        var status = stat()
        return stat(path, &status) == 0 ? status.st_mode & 0o7777 : nil
    }

    /// A process that is gone, and that nobody has the id of.
    private func gone() async throws -> Int32 { try await Subprocess.run(["true"]).pid }

    private func names() async throws -> String { try await Subprocess.run(["ls", "-A", directory.path]).output }

    @Test("is there from writing to removing, for everybody to read")
    func life() async throws {
        let file = try file()
        #expect(mode == nil)
        try file.write()
        #expect(directory.read("app.pid") == "\(getpid())\n")
        #expect(mode == 0o644)
        #expect(try await names() == "app.pid\n")
        file.remove()
        #expect(try await names() == "")
        #expect(log.all == [])
    }

    @Test("that names a process which is there is refused")
    func taken() throws {
        directory.write("app.pid", "\(getppid())\n")
        let error = try #require(throws: PIDFileError.self) { try file() }
        #expect(error == .taken(path: path, process: getppid()))
        #expect("\(error)".contains("process \(getppid())") && "\(error)".contains(path))
        #expect(ExitStatus(error) == .usage)
    }

    @Test("that names nobody is replaced, which is logged", arguments: ["", "x\n", "-1\n", "0\n", "99999999999\n", "12 13\n", String(repeating: "1", count: 100)])
    func junk(_ content: String) throws {
        directory.write("app.pid", content)
        try file().write()
        #expect(directory.read("app.pid") == "\(getpid())\n")
        #expect(log.all == ["<6>the pid file \(path) is replaced: it holds no process id"])
    }

    @Test("that names a process which is gone is replaced, which is logged")
    func stale() async throws {
        let gone = try await gone()
        directory.write("app.pid", "\(gone)\n")
        try file().write()
        #expect(log.all == ["<6>the pid file \(path) is replaced: the process \(gone), which it names, is gone"])
    }

    @Test("that names this very process is its own, as where process ids begin anew at each start")
    func own() throws {
        directory.write("app.pid", "\(getpid())")
        try file().write()
        #expect(log.all == [])
    }

    @Test("of a number that is a thread's and no process's names nobody")
    func thread() throws {
        let tasks = try #require(opendir("/proc/self/task"))
        defer { closedir(tasks) }
        while let entry = readdir(tasks) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
            guard let thread = Int32(name), thread != getpid() else { continue }
            directory.write("app.pid", name)
            #expect(throws: Never.self) { try file() }
        }
    }

    @Test("is left alone at the end if it names somebody else by then")
    func replaced() throws {
        let file = try file()
        try file.write()
        directory.write("app.pid", "\(getppid())\n")
        file.remove()
        #expect(directory.read("app.pid") == "\(getppid())\n")
    }

    @Test("that was never written is not removed")
    func unwritten() throws {
        let file = try file()
        directory.write("app.pid", "7\n")
        file.remove()
        #expect(directory.read("app.pid") == "7\n")
    }

    @Test("that was left to a successor is not removed")
    func left() throws {
        for file in [try file(), PIDFile(path, reserved: try file().reserve())] {
            try file.write()
            file.leave()
            file.remove()
            #expect(directory.read("app.pid") == "\(getpid())\n")
        }
    }

    @Test("that can't be is refused at once")
    func unusable() throws {
        func error(_ path: String) -> PIDFileError? {
            do throws(PIDFileError) {
                _ = try file(at: path)
                return nil
            } catch {
                return error
            }
        }
        #expect(error("\(directory.path)/no/app.pid") == .unwritable(path: "\(directory.path)/no/app.pid", code: ENOENT))
        #expect(error(directory.path) == .unreadable(path: directory.path, problem: "it is not a file"))
        directory.write("file")
        #expect(error("\(directory.path)/file/app.pid") != nil)
        mkfifo(path, 0o600)
        #expect(error(path) == .unreadable(path: path, problem: "it is not a file"))
    }

    @Test("that was reserved is empty until it is written, whoever the process is by then")
    func reserved() throws {
        let descriptor = try file().reserve()
        #expect(directory.read("app.pid") == "" && mode == 0o644)
        let file = PIDFile(path, reserved: descriptor)
        try file.write()
        #expect(directory.read("app.pid") == "\(getpid())\n")
        file.remove()
        #expect(mode == nil)
    }

    @Test("that was reserved is removed without having been written, but not if it was replaced")
    func reservedForNothing() throws {
        PIDFile(path, reserved: try file().reserve()).remove()
        #expect(mode == nil)
        let file = PIDFile(path, reserved: try file().reserve())
        unlink(path)
        directory.write("app.pid", "7\n")
        file.remove()
        #expect(directory.read("app.pid") == "7\n")
    }
}
