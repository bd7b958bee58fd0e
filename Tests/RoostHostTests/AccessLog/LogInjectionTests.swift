import FoundationEssentials
import Glibc
import HTTPWire
import Logging
import Roost
import SeededRandom
import Testing

@testable import RoostHost
@testable import Systemd

/// What a client sends must not pass for an entry or a field of a log.
@Suite("Log injection")
struct LogInjectionTests {
    /// Requests whose line and fields hold what could: each a valid one, since others come to no access log.
    private static func hostileRequests(seed: UInt64, count: Int) -> [[UInt8]] {
        var random = SeededGenerator(seed: seed)
        // The bytes that a field's value may have at all (RFC 9110 section 5.5), those that matter more often.
        let bytes: [UInt8] = Array(0x21...0x7E) + Array(0x80...0xFF) + Array(repeating: UInt8(ascii: "\""), count: 20) + Array(repeating: UInt8(ascii: "\\"), count: 20)
            + Array(repeating: 0x20, count: 10) + Array(repeating: 0x09, count: 5) + Array("}{,:=[]'%<>".utf8)
        let target: [UInt8] = Array("abc%20%0A%0D%22%5C\"\\'{}|^`<>=&:;".utf8)
        func value() -> [UInt8] {
            let middle = (0..<Int.random(in: 0..<40, using: &random)).map { _ in bytes.randomElement(using: &random) ?? 0x41 }
            return [0x41] + middle + [0x5A]
        }
        return (0..<count).map { _ in
            // Of the escapes in a path only whole ones come so far.
            let path = ["", "%0a", "%0D%0A", "%22", "a", "'", "%1b[2J", "%E2%80%A8"].shuffled(using: &random).joined()
            var request = Array("GET /\(path)?".utf8)
            request += (0..<Int.random(in: 0..<20, using: &random)).compactMap { _ in target.randomElement(using: &random) }.filter { !"\"\\{}|^`<>".utf8.contains($0) }
            request += Array(" HTTP/1.1\r\nhost: a\r\nuser-agent: ".utf8) + value() + Array("\r\nreferer: ".utf8) + value() + Array("\r\nx-request-id: ".utf8) + value()
            request += Array("\r\ntraceparent: ".utf8) + value() + Array("\r\nauthorization: Basic ".utf8)
            request += Array(Data(value() + [0x0A, 0x1B, 0x22, 0x3A, 0x73]).base64EncodedString().utf8) + Array("\r\nconnection: close\r\n\r\n".utf8)
            return request
        }
    }

    private static let count = 150

    private static func trusting(_ config: inout Config) {
        config.forwardedAllowIPs = TrustedPeers([.anyone])
    }

    @Test("leaves lines lines, of printable ASCII with the same number of fields", arguments: [
        "roost", "combined", #"%(s)s "%(a)s" "%(f)s" "%(R)s" %(id)s"#, "%(s)s %(a)s %(f)s %(u)s %(U)s %(q)s %({x-request-id}i)s %({traceparent}i)s %(trace)s %(h)s",
    ])
    func lines(_ format: String) async throws {
        let requests = Self.hostileRequests(seed: 7, count: Self.count)
        let parsed = try AccessLogFormat(format)
        let plain = try await LoggedRequests.lines(parsed, [Array("GET /x?y HTTP/1.1\r\nhost: a\r\nuser-agent: A\r\nreferer: B\r\nx-request-id: i\r\ntraceparent: t\r\n\r\n".utf8)])
        let shape = Self.fields(of: plain[0])
        let lines = try await LoggedRequests.lines(parsed, requests, Self.trusting)
        #expect(lines.count == requests.count)
        for line in lines {
            #expect(line.allSatisfy { (0x20...0x7E).contains($0) }, "\(String(decoding: line, as: UTF8.self))")
            #expect(Self.fields(of: line) == shape, "\(String(decoding: line, as: UTF8.self))")
        }
    }

    /// How many fields there are in front of each quoted one, as a parser of the Combined format counts.
    private static func fields(of line: [UInt8]) -> [Int] {
        line.split(separator: UInt8(ascii: "\""), omittingEmptySubsequences: false).enumerated().map { index, piece in
            // Between quotation marks there is one field, whatever is in it.
            index % 2 == 1 ? 1 : piece.split(separator: 0x20).count
        }
    }

    @Test("leaves a JSON object the object that it is, with what was sent in it")
    func json() async throws {
        let requests = Self.hostileRequests(seed: 8, count: Self.count)
        let lines = try await LoggedRequests.lines(try AccessLogFormat("json"), requests, Self.trusting)
        #expect(lines.count == requests.count)
        let known: Set<String> = [
            "time", "client", "client_port", "method", "scheme", "host", "path", "query", "protocol", "status", "bytes", "duration_us", "complete", "referer",
            "user_agent", "request_id", "trace_id",
        ]
        for (line, request) in zip(lines, requests) {
            let object = try JSONDecoder().decode([String: JSONValue].self, from: Data(line))
            #expect(Set(object.keys).isSubset(of: known))
            #expect(object["status"] == .number(203) && object["method"] == .text("GET"))
            let sent = Self.value(of: "user-agent", in: request)
            let shown = String(validating: sent, as: UTF8.self) ?? String(String.UnicodeScalarView(sent.map { Unicode.Scalar($0) }))
            #expect(object["user_agent"] == .text(shown))
            let text = try #require(String(validating: line, as: UTF8.self))
            #expect(!text.unicodeScalars.contains { $0.value < 0x20 || (0x7F..<0xA0).contains($0.value) || (0x2028...0x202E).contains($0.value) })
        }
    }

    @Test("leaves a format that is a JSON object itself such an object")
    func ownJSON() async throws {
        let format = try AccessLogFormat(#"{"agent": "%(a)s", "status": %(s)s, "line": "%(R)s", "user": "%(u)s", "id": "%(id)s"}"#)
        let requests = Self.hostileRequests(seed: 9, count: Self.count)
        for line in try await LoggedRequests.lines(format, requests, Self.trusting) {
            let object = try JSONDecoder().decode([String: JSONValue].self, from: Data(line))
            #expect(Set(object.keys) == ["agent", "status", "line", "user", "id"] && object["status"] == .number(203))
        }
    }

    @Test("leaves an entry of the journal the fields that it has")
    func journal() async throws {
        let listener = try JournalListener()
        let requests = Self.hostileRequests(seed: 10, count: Self.count)
        var config = Config()
        Self.trusting(&config)
        let (format, journal) = (try AccessLogFormat("combined"), JournalOutput(Journal(path: listener.path)))
        config.makeAccessRecorder = { AccessJournalRecorder(AccessLineWriter(format, worker: 4), identifier: "test", journal: journal) { _ in } }
        let known: Set<String> = [
            "MESSAGE", "PRIORITY", "SYSLOG_IDENTIFIER", "LOGGER", "ROOST_REQUEST_ID", "ROOST_TRACE_ID", "ROOST_CLIENT", "ROOST_CLIENT_PORT", "ROOST_METHOD", "ROOST_PATH",
            "ROOST_QUERY", "ROOST_STATUS", "ROOST_BYTES", "ROOST_DURATION_US", "ROOST_REFERER", "ROOST_USER_AGENT", "ROOST_WORKER",
        ]
        for request in requests {
            try await LoggedRequests.send([request], LoggedRequests.hello, config)
            let entry = try #require(listener.next())
            #expect(Set(entry.map(\.name)).isSubset(of: known))
            #expect(Set(entry.map(\.name)).count == entry.count)
            let fields = Dictionary(uniqueKeysWithValues: entry.map { ($0.name, $0.value) })
            #expect(fields["PRIORITY"] == Array("6".utf8) && fields["ROOST_WORKER"] == Array("4".utf8) && fields["ROOST_STATUS"] == Array("203".utf8))
            #expect(fields["ROOST_USER_AGENT"] == Self.value(of: "user-agent", in: request))
            #expect(fields["MESSAGE"]?.allSatisfy { (0x20...0x7E).contains($0) } == true)
        }
        #expect(listener.next() == nil)
    }

    @Test("leaves an entry of the error log one, whatever is in its message and metadata", arguments: [LogStyle.plain, .logfmt, .json])
    func entries(_ style: LogStyle) throws {
        var random = SeededGenerator(seed: 11)
        let scalars = (0...0x2100).compactMap { Unicode.Scalar($0) } + Array("\n\n\n\r\r\"\"\"\\\\\\={}\u{1B}\u{2028}\u{202E}".unicodeScalars)
        func text() -> String { String(String.UnicodeScalarView((0..<30).compactMap { _ in scalars.randomElement(using: &random) })) }
        let destination = LogDestination(style: style, output: .standardError, place: .elsewhere, identifier: "x")
        for _ in 0..<300 {
            let (message, value, key) = (text(), text(), text())
            let shown = destination.text(of: LogLine(level: .info, message: message, fields: [("key", .string(value)), (key, "v")]), "roost")
            #expect(!shown.unicodeScalars.contains { ($0.value < 0x20 && $0 != "\n") || (0x7F..<0xA0).contains($0.value) || (0x2028...0x202E).contains($0.value) })
            let lines = shown.split(separator: "\n", omittingEmptySubsequences: false)
            switch style {
            case .json:
                #expect(lines.count == 1)
                let object = try JSONDecoder().decode([String: JSONValue].self, from: Data(shown.utf8))
                #expect(object["message"] == .text(message) && object["key"] == .text(value) && object["level"] == .text("info"))
            case .logfmt: #expect(lines.count == 1 && shown.hasPrefix("time="))
            // Only the message's own line feeds are some, and what is behind them is indented.
            default: #expect(lines.dropFirst().allSatisfy { $0.utf8.starts(with: "    ".utf8) } && lines.count <= message.unicodeScalars.count { $0 == "\n" } + 1)
            }
        }
    }

    private static func value(of name: String, in request: [UInt8]) -> [UInt8] {
        for line in request.split(separator: 0x0A) where line.starts(with: Array("\(name): ".utf8)) {
            return Array(line.dropFirst(name.utf8.count + 2).dropLast())
        }
        return []
    }
}

/// Plays the journal's part: takes entries apart as it does.
private final class JournalListener {
    let path: String
    private let directory: String
    private let descriptor: Int32

    init() throws {
        var template = Array("/tmp/roost-journal-XXXXXX".utf8CString)
        directory = try #require(mkdtemp(&template).map { String(cString: $0) })
        path = directory + "/socket"
        descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let outcome = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) }
        }
        try #require(outcome == 0)
    }

    deinit {
        close(descriptor)
        unlink(path)
        rmdir(directory)
    }

    /// The next entry; nil if there is none.
    func next() -> [(name: String, value: [UInt8])]? {
        var bytes = [UInt8](repeating: 0, count: 1 << 16)
        let count = recv(descriptor, &bytes, bytes.count, Int32(MSG_DONTWAIT))
        guard count >= 0 else { return nil }
        var rest = bytes.prefix(count)
        var fields: [(name: String, value: [UInt8])] = []
        while let end = rest.firstIndex(of: 0x0A) {
            let line = rest[..<end]
            rest = rest[(end + 1)...]
            if let equals = line.firstIndex(of: UInt8(ascii: "=")) {
                fields.append((String(decoding: line[..<equals], as: UTF8.self), Array(line[(equals + 1)...])))
            } else {
                let length = rest.prefix(8).reversed().reduce(0) { $0 << 8 | Int($1) }
                let value = rest.dropFirst(8).prefix(length)
                fields.append((String(decoding: line, as: UTF8.self), Array(value)))
                rest = rest.dropFirst(8 + length + 1)
            }
        }
        return fields
    }
}
