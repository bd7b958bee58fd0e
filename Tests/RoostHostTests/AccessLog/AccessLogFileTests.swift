import Glibc
import NIOCore
import Roost
import Synchronization
import Testing

@testable import RoostHost

@Suite("The access log's file")
struct AccessLogFileTests {
    private let directory = LogDirectory()
    private let warnings = Warnings()

    @Test("is made, readable for its group, and appended to")
    func appends() throws {
        let path = directory.path("access.log")
        try AccessLogFile(path, warn: warnings.add).write(Array("one\n".utf8))
        try AccessLogFile(path, warn: warnings.add).write(Array("two\n".utf8))
        #expect(contents(path) == "one\ntwo\n")
        var status = stat()
        try #require(stat(path, &status) == 0)
        // An umask may have taken the group's part.
        #expect(status.st_mode & 0o777 | 0o040 == 0o640)
        #expect(warnings.all == [])
    }

    @Test("goes on at the end after someone truncated it")
    func truncated() throws {
        let path = directory.path("access.log")
        let file = try AccessLogFile(path, warn: warnings.add)
        file.write(Array("one\n".utf8))
        truncate(path, 0)
        file.write(Array("two\n".utf8))
        #expect(contents(path) == "two\n")
    }

    @Test("is opened again where another one is to be, since it was moved away")
    func reopened() throws {
        let path = directory.path("access.log")
        let file = try AccessLogFile(path, warn: warnings.add)
        file.write(Array("one\n".utf8))
        rename(path, path + ".1")
        file.write(Array("two\n".utf8))
        file.reopen()
        file.write(Array("three\n".utf8))
        #expect(contents(path + ".1") == "one\ntwo\n")
        #expect(contents(path) == "three\n")
        #expect(warnings.all == [])
    }

    @Test("goes on as it was where it cannot be opened again, and says so")
    func notReopened() throws {
        let path = directory.path("access.log")
        let file = try AccessLogFile(path, warn: warnings.add)
        rename(path, path + ".1")
        mkdir(path, 0o700)
        file.reopen()
        file.write(Array("one\n".utf8))
        rmdir(path)
        #expect(contents(path + ".1") == "one\n")
        #expect(warnings.all.count == 1 && warnings.all[0].contains("was not opened again") && warnings.all[0].contains(path))
    }

    @Test("loses no line and breaks none while it is opened again and again")
    func reopenedUnderLoad() async throws {
        let path = directory.path("access.log")
        let file = try AccessLogFile(path, warn: warnings.add)
        await withTaskGroup { group in
            for letter in "abcd" {
                group.addTask { for _ in 0..<200 { file.write(Array(String(repeating: letter, count: 50).utf8) + [10]) } }
            }
            group.addTask { for _ in 0..<50 { file.reopen() } }
        }
        let lines = contents(path).split(separator: "\n")
        #expect(lines.count == 800 && lines.allSatisfy { $0.count == 50 && Set($0).count == 1 })
        #expect(file.dropped == 0)
    }

    @Test("has whole lines from many threads")
    func threads() async throws {
        let path = directory.path("access.log")
        let file = try AccessLogFile(path, warn: warnings.add)
        await withTaskGroup { group in
            for letter in "abcdefgh" {
                group.addTask { for _ in 0..<100 { file.write(Array(String(repeating: letter, count: 500).utf8) + [10]) } }
            }
        }
        let lines = contents(path).split(separator: "\n")
        #expect(lines.count == 800)
        #expect(lines.allSatisfy { $0.count == 500 && Set($0).count == 1 })
        #expect(file.dropped == 0)
    }

    @Test("that can't be opened is named with its setting and the reason", arguments: [
        ("/nowhere/at/all", "No such file or directory"), ("/", "Is a directory"), ("/dev/null/x", "Not a directory"), ("", "No such file or directory"), ("/tmp/a\0b", "Invalid argument"),
    ])
    func unopened(_ path: String, _ reason: String) {
        let error = #expect(throws: LogFileError.self) { try AccessLogFile(path, warn: warnings.add) }
        let shown = path.replacing("\0", with: "\\x00")
        #expect(error?.description == "access_logfile \"\(shown)\": \(reason); name a file that the service may write to, or - for standard output")
    }

    @Test("may be a named pipe, but only one that is read")
    func pipe() throws {
        let path = directory.path("pipe")
        try #require(mkfifo(path, 0o600) == 0)
        #expect(throws: LogFileError(key: "access_logfile", path: path, code: ENXIO)) { try AccessLogFile(path, warn: warnings.add) }
    }

    @Test("drops what can't be written, counts it and warns once")
    func full() throws {
        let file = try AccessLogFile("/dev/full", warn: warnings.add)
        for _ in 0..<3 { file.write(Array("line\n".utf8)) }
        #expect(file.dropped == 3)
        #expect(warnings.all == ["the access log /dev/full takes no lines, which are dropped: No space left on device"])
    }

    @Test("drops a line rather than wait for a slow reader, and begins a new line behind one that was cut off")
    func slowReader() throws {
        let path = directory.path("pipe")
        try #require(mkfifo(path, 0o600) == 0)
        let reader = open(path, O_RDONLY | O_NONBLOCK)
        defer { close(reader) }
        let file = try AccessLogFile(path, warn: warnings.add)
        // More than a pipe holds, so it is written in part.
        file.write([UInt8](repeating: UInt8(ascii: "x"), count: 1 << 20) + [10])
        #expect(file.dropped == 1)
        file.write(Array("lost\n".utf8))
        #expect(file.dropped == 2)
        var bytes = [UInt8](repeating: 0, count: 1 << 20)
        #expect(read(reader, &bytes, bytes.count) > 0)
        file.write(Array("next\n".utf8))
        file.write(Array("last\n".utf8))
        let count = read(reader, &bytes, bytes.count)
        #expect(String(decoding: bytes.prefix(max(0, count)), as: UTF8.self) == "\nnext\nlast\n")
        #expect(file.dropped == 2)
        #expect(warnings.all == [
            "the access log \(path) takes no lines, which are dropped: nobody reads there",
            "the access log \(path) takes lines again; 2 lines were dropped: nobody reads there",
        ])
    }

    @Test("is standard output for a dash, which stays open")
    func standardOutput() throws {
        _ = try AccessLogFile("-", warn: warnings.add)
        #expect(fcntl(STDOUT_FILENO, F_GETFD) >= 0)
    }

}

@Suite("The access log of a server")
struct AccessLogTests {
    private let directory = LogDirectory()

    @Test("has a line for each request: who asked for what, what was sent, and the id that the response carries")
    func records() async throws {
        let path = directory.path("access.log")
        var config = Config()
        try AccessLog(path, .roost, identifier: "test") { _ in }.attach(to: &config)
        let client = try TestClient({ scope, _, send in
            guard case .http(let scope) = scope, scope.rawPath != "/fail" else { throw Failure() }
            try await send(.httpResponseStart(status: 203))
            try await send(.httpResponseBody(ByteBuffer(string: "Hello "), more: true))
            try await send(.httpResponseBody(ByteBuffer(string: "World")))
        }, config)
        let good = try await client.request("GET", "/a%20b?c=d", headers: ["user-agent": "a\"b \u{E9}", "referer": "https://example.com/"])
        let bad = try await client.request("POST", "/fail")
        let lines = contents(path).split(separator: "\n")
        try #require(lines.count == 2)
        let goodID = try #require(good.headers["x-request-id"])
        #expect(lines[0].hasPrefix("127.0.0.1 - - ["))
        #expect(lines[0].contains(#" +0000] "GET /a%20b?c=d HTTP/1.1" 203 11 "https://example.com/" "a\x22b \xE9" 0."#))
        #expect(lines[0].hasSuffix(" \(goodID)"))
        let badID = try #require(bad.headers["x-request-id"])
        #expect(lines[1].contains(#" +0000] "POST /fail HTTP/1.1" 500 "#))
        #expect(lines[1].contains(#" "-" "-" 0."#))
        #expect(lines[1].hasSuffix(" \(badID)"))
    }

    private struct Failure: Error {}
}

private func contents(_ path: String) -> String {
    let descriptor = open(path, O_RDONLY)
    defer { close(descriptor) }
    var bytes = [UInt8](repeating: 0, count: 1 << 20)
    let count = read(descriptor, &bytes, bytes.count)
    return String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
}

private final class Warnings: Sendable {
    private let seen = Mutex<[String]>([])

    var all: [String] { seen.withLock { $0 } }
    var add: @Sendable (String) -> Void { { [self] text in seen.withLock { $0.append(text) } } }
}

/// An empty directory that goes away with its files.
private final class LogDirectory: Sendable {
    private let name: String

    init() {
        var template = Array("/tmp/roost-access-XXXXXX".utf8CString)
        name = mkdtemp(&template).map { String(cString: $0) } ?? ""
        precondition(!name.isEmpty, "no directory: errno \(errno)")
    }

    func path(_ file: String) -> String { "\(name)/\(file)" }

    deinit {
        for file in ["access.log", "pipe"] { unlink(path(file)) }
        rmdir(name)
    }
}
