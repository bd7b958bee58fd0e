import Glibc
import HTTPWire
import NIOCore
import Testing

@testable import Roost

@Suite("http.response.zerocopysend", .timeLimit(.minutes(1)))
struct ZerocopysendTests {
    private let get = "GET / HTTP/1.1\r\nhost: a\r\n\r\n"

    private static func noting(_ seen: Watched<[String]>) -> @Sendable (inout Config) -> Void {
        { config in
            config.accessLog = { entry in
                seen.change { $0.append("\(entry.scope.method) \(entry.status) \(entry.bodyBytes)\(entry.isComplete ? "" : " broken off")") }
            }
        }
    }

    /// Answers by what `body` sends of an open file, which is closed as soon as that has returned.
    private static func app(
        _ file: ContentFile, _ headers: Headers = [:], status: Int = 200, _ body: @escaping @Sendable (Int32, ASGISend) async throws -> Void
    ) -> ASGIFramework {
        httpApp { _, _, send in
            let descriptor = open(file.path, O_RDONLY | O_CLOEXEC)
            defer { close(descriptor) }
            try await send.start(status, headers: headers)
            try await body(descriptor, send)
        }
    }

    /// What a client with all the time in the world is answered.
    private func answer(_ app: @escaping ASGIFramework, _ method: String = "GET", headers: Headers = [:]) async throws -> TestResponse {
        try await TestClient(app).request(method, "/", headers: headers)
    }

    // MARK: One part

    @Test("every scope offers it")
    func offered() throws {
        let found = Watched(false)
        let app = httpApp { scope, _, send in
            found.value = scope.extensions.zerocopysend != nil && scope.extensions["http.response.zerocopysend"] is ZerocopysendExtension
            try await send.answer("")
        }
        try withMemoryConnection(app) { $0.receive(get) }
        #expect(found.value)
    }

    @Test("without offset and count the rest of the file is sent, from where the descriptor stands", arguments: [
        (0, nil, nil, "0123456789"), (4, nil, nil, "456789"), (4, nil, 3, "456"), (4, 0, nil, "0123456789"), (0, 7, nil, "789"), (0, 7, 100, "789"),
        (0, 2, 3, "234"), (0, 2, 0, ""), (0, 10, nil, ""), (0, 20, nil, ""), (20, nil, nil, ""),
    ] as [(Int, Int?, Int?, String)])
    func parts(position: Int, offset: Int?, count: Int?, expected: String) throws {
        let (file, seen, left) = (try ContentFile("0123456789"), Watched<[String]>([]), Watched(-1))
        let app = Self.app(file) { descriptor, send in
            lseek(descriptor, off_t(position), SEEK_SET)
            try await send(.httpResponseZerocopysend(file: descriptor, offset: offset, count: count))
            left.value = Int(lseek(descriptor, 0, SEEK_CUR))
        }
        try withMemoryConnection(app, Self.noting(seen)) { memory in
            memory.receive(get)
            let response = try #require(memory.responses().first)
            #expect(response.text == expected && response["content-length"] == "\(expected.utf8.count)" && !response.closes)
        }
        #expect(left.value == (offset == nil ? position + expected.utf8.count : position))
        #expect(seen.value == ["GET 200 \(expected.utf8.count)"])
        #expect(file.openCount == 0)
    }

    @Test("to HEAD, and with 204 and 304, no byte of it is sent", arguments: [("HEAD", 200, "7"), ("GET", 204, nil), ("GET", 304, nil)])
    func bodiless(method: String, status: Int, length: String?) throws {
        let (file, seen) = (try ContentFile("content"), Watched<[String]>([]))
        let app = Self.app(file, status: status) { try await $1(.httpResponseZerocopysend(file: $0)) }
        try withMemoryConnection(app, Self.noting(seen)) { memory in
            memory.receive("\(method) / HTTP/1.1\r\nhost: a\r\n\r\n")
            let response = try #require(memory.responses(to: method).first)
            #expect(response.status == status && response.body.isEmpty && response["content-length"] == length)
            #expect(memory.isOpen && file.openCount == 0)
        }
        #expect(seen.value == ["\(method) \(status) 0"])
    }

    @Test("what cannot be sent is an error of the application's before anything is sent, and it may answer otherwise", arguments: [
        ("closed", EBADF), ("pipe", EINVAL), ("directory", EISDIR), ("writing", EINVAL), ("path", EBADF), ("offset", EINVAL), ("count", EINVAL),
    ])
    func refused(how: String, code: Int32) throws {
        let (file, thrown) = (try ContentFile("0123456789"), Watched<ASGIError?>(nil))
        var pipes: [Int32] = [-1, -1]
        try #require(pipe(&pipes) == 0)
        defer { for descriptor in pipes { close(descriptor) } }
        let opened: Int32 = switch how {
        case "pipe": dup(pipes[0])
        case "directory": open("/", O_RDONLY | O_CLOEXEC)
        case "writing": open(file.path, O_WRONLY | O_CLOEXEC)
        case "path": open(file.path, 0o10000000 | O_CLOEXEC)
        default: open(file.path, O_RDONLY | O_CLOEXEC)
        }
        defer { close(opened) }
        let descriptor = how == "closed" ? -1 : opened
        let app = httpApp { _, _, send in
            try await send.start()
            do {
                try await send(
                    .httpResponseZerocopysend(file: descriptor, offset: how == "offset" ? -1 : nil, count: how == "count" ? -1 : nil))
            } catch let error as ASGIError {
                thrown.value = error
                try await send.answer("otherwise", status: 404)
            }
        }
        try withMemoryConnection(app) { memory in
            memory.receive(get)
            let responses = memory.responses()
            #expect(responses.count == 1 && responses[0].status == 404 && responses[0].text == "otherwise")
        }
        guard case .unsendableFile("descriptor \(descriptor)", code, _) = thrown.value else {
            Issue.record("\(thrown.value as Any)")
            return
        }
    }

    @Test("it comes behind a start, and not behind the end")
    func order() throws {
        let (file, thrown) = (try ContentFile("content"), Watched<[ASGIError]>([]))
        let app = httpApp { _, _, send in
            let descriptor = open(file.path, O_RDONLY | O_CLOEXEC)
            defer { close(descriptor) }
            for round in 0..<2 {
                do {
                    try await send(.httpResponseZerocopysend(file: descriptor))
                } catch let error as ASGIError {
                    thrown.change { $0.append(error) }
                }
                if round == 0 { try await send.answer("body") }
            }
        }
        try withMemoryConnection(app) { memory in
            memory.receive(get)
            #expect(memory.responses().first?.text == "body")
        }
        #expect(thrown.value == [
            .unexpectedEvent("http.response.zerocopysend was sent before http.response.start"),
            .unexpectedEvent("http.response.zerocopysend was sent after the response was complete"),
        ])
        #expect(file.openCount == 0)
    }

    // MARK: Several pieces

    /// Pieces of both kinds, which make up `mixed`.
    private static func mixture(_ file: ContentFile, _ headers: Headers = [:], isLastFile: Bool, waits: Bool = true) -> ASGIFramework {
        app(file, headers) { descriptor, send in
            try await send.piece("<")
            if waits {
                try await send(.httpResponseZerocopysend(file: descriptor, count: 3, more: true))
                try await send.piece("|")
                try await send(.httpResponseZerocopysend(file: descriptor, count: 0, more: true))
                try await send(.httpResponseZerocopysend(file: descriptor, count: 2, more: true))
                try await send.piece("")
            } else {
                // One who does not wait: each piece comes while those before are yet to be sent.
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for event in [
                        .httpResponseZerocopysend(file: descriptor, offset: 0, count: 3, more: true), .httpResponseBody(ByteBuffer(string: "|"), more: true),
                        .httpResponseZerocopysend(file: descriptor, offset: 3, count: 2, more: true), .httpResponseBody(more: true),
                    ] as [ASGISendEvent] {
                        group.addTask { try await send(event) }
                        await Task.yield()
                    }
                    try await group.waitForAll()
                }
            }
            if isLastFile {
                try await send(.httpResponseZerocopysend(file: descriptor, offset: 8))
            } else {
                try await send.piece("89", more: false)
            }
        }
    }

    @Test("parts of files and other pieces make up a body, chunked or of an announced length", arguments: [false, true], [false, true])
    func several(isAnnounced: Bool, isLastFile: Bool) async throws {
        let file = try ContentFile("0123456789")
        let response = try await answer(Self.mixture(file, isAnnounced ? ["content-length": "9"] : [:], isLastFile: isLastFile))
        #expect(response.text == "<012|3489")
        #expect(response.headers.contains(name: "transfer-encoding") != isAnnounced)
        try await serving(Self.mixture(file, isLastFile: isLastFile)) { served in
            let client = try served.connect()
            try client.send("GET / HTTP/1.0\r\n\r\n")
            let received = try client.rest()
            #expect(received.hasSuffix("\r\n\r\n<012|3489"))
        }
        #expect(file.openCount == 0)
    }

    @Test("pieces of one who does not wait for each keep their order", arguments: [false, true])
    func impatient(isLastFile: Bool) async throws {
        let file = try ContentFile("0123456789")
        try await servingEveryWay(Self.mixture(file, isLastFile: isLastFile, waits: false)) { served in
            let client = try served.connect()
            for _ in 0..<3 {
                let text = try client.ask("/").text
                #expect(text == "<012|3489")
            }
        }
        #expect(file.openCount == 0)
    }

    @Test("with more to come, the application waits until the part is sent, and the last part goes on without it")
    func waits() throws {
        let (file, steps) = (try ContentFile("0123456789"), Watched<[String]>([]))
        let app = Self.app(file) { descriptor, send in
            try await send(.httpResponseZerocopysend(file: descriptor, more: true))
            steps.change { $0.append("first") }
            try await send(.httpResponseZerocopysend(file: descriptor, offset: 0))
            steps.change { $0.append("second") }
        }
        try withMemoryConnection(app) { memory in
            memory.receive(get)
            #expect(steps.value == [])
            #expect(memory.written().hasSuffix("\r\n\r\na\r\n0123456789\r\n"))
            memory.connection.wrote()
            memory.loop.runReady()
            #expect(steps.value == ["first", "second"] && file.openCount == 1)
            #expect(memory.written() == "a\r\n0123456789\r\n0\r\n\r\n")
        }
        #expect(file.openCount == 0)
    }

    @Test("more than was announced is an error")
    func tooLong() throws {
        let (file, thrown) = (try ContentFile("0123456789"), Watched<ASGIError?>(nil))
        let app = Self.app(file, ["content-length": "4"]) { descriptor, send in
            try await send.piece("ab")
            do {
                try await send(.httpResponseZerocopysend(file: descriptor, more: true))
            } catch let error as ASGIError {
                thrown.value = error
                try await send(.httpResponseZerocopysend(file: descriptor, offset: 8))
            }
        }
        try withMemoryConnection(app) { memory in
            memory.receive(get)
            #expect(memory.written().hasSuffix("\r\n\r\nab89"))
        }
        #expect(thrown.value == .bodyTooLong(announced: 4))
    }

    @Test("trailer fields come behind a file too")
    func trailers() throws {
        let (file, seen) = (try ContentFile("0123456789"), Watched<[String]>([]))
        let app = httpApp { _, _, send in
            let descriptor = open(file.path, O_RDONLY | O_CLOEXEC)
            defer { close(descriptor) }
            try await send(.httpResponseStart(status: 200, trailers: true))
            try await send(.httpResponseZerocopysend(file: descriptor))
            try await send(.httpResponseTrailers(["x-sum": "45"]))
        }
        try withMemoryConnection(app, Self.noting(seen)) { memory in
            memory.receive("GET / HTTP/1.1\r\nhost: a\r\nte: trailers\r\nconnection: te\r\n\r\n")
            #expect(seen.value == [])
            #expect(memory.written().hasSuffix("\r\n\r\na\r\n0123456789\r\n0\r\nx-sum: 45\r\n\r\n"))
            memory.connection.wrote()
        }
        #expect(seen.value == ["GET 200 10"])
    }

    // MARK: When it does not go well

    @Test("a client that goes in the middle is logged with what it was sent, and the files are closed", arguments: [false, true])
    func gone(more: Bool) throws {
        let (file, seen) = (try ContentFile("0123456789"), Watched<[String]>([]))
        let app = Self.app(file) { descriptor, send in
            try await send(.httpResponseZerocopysend(file: descriptor, more: more))
            if more { try await send.piece("", more: false) }
        }
        for end in [{ $0.peerGone() }, { $0.cutOff() }, { $0.deadlineReached() }] as [(HTTP1Connection) -> Void] {
            try withMemoryConnection(app, Self.noting(seen)) { memory in
                memory.receive(get)
                end(memory.connection)
                memory.loop.runReady()
                #expect(memory.closesNow && file.openCount == 0)
            }
        }
        #expect(seen.value == Array(repeating: "GET 200 0 broken off", count: 3))
    }

    @Test("one that becomes shorter cuts the connection, and the log says so", arguments: [false, true])
    func shorter(more: Bool) throws {
        let (file, log, seen) = (try ContentFile("0123456789"), LogCapture(), Watched<[String]>([]))
        let app = Self.app(file) { try await $1(.httpResponseZerocopysend(file: $0, more: more)) }
        try withMemoryConnection(app, log: log, Self.noting(seen)) { memory in
            memory.receive(get)
            try file.shorten(to: 4)
            _ = memory.written()
            #expect(memory.closesNow && file.openCount <= 1)
        }
        #expect(seen.value.count == 1 && seen.value[0].hasSuffix("broken off"))
        #expect(log.errors.first?.message.hasSuffix("it has become shorter meanwhile") == true)
    }

    @Test("less than was announced is told the operator once it is sent")
    func short() throws {
        let (file, log, seen) = (try ContentFile("0123456789"), LogCapture(), Watched<[String]>([]))
        let app = Self.app(file, ["content-length": "12"]) { descriptor, send in
            try await send.piece("a")
            try await send(.httpResponseZerocopysend(file: descriptor))
        }
        try withMemoryConnection(app, log: log, Self.noting(seen)) { memory in
            memory.receive(get)
            #expect(memory.written().hasSuffix("\r\n\r\na0123456789"))
            memory.connection.wrote()
        }
        #expect(seen.value == ["GET 200 11 broken off"])
        #expect(log.errors.first?.message.contains("1 bytes shorter than the content-length of 12") == true)
    }

    // MARK: Through sockets

    @Test("files of several turns arrive whole and in order, and pipelined requests are answered behind them", arguments: [false, true])
    func whole(onTCP: Bool) async throws {
        let (file, seen) = (try ContentFile(length: 1_500_000), Watched<[String]>([]))
        let app = Self.app(file) { descriptor, send in
            try await send(.httpResponseZerocopysend(file: descriptor, more: true))
            try await send(.httpResponseBody(ByteBuffer(repeating: 0x2D, count: 100_000), more: true))
            try await send(.httpResponseZerocopysend(file: descriptor, offset: 1_000_000, more: true))
            try await send(.httpResponseZerocopysend(file: descriptor, offset: 0, count: 1_000_000))
        }
        let expected = file.content + Array(repeating: 0x2D, count: 100_000) + file.content[1_000_000...] + file.content[..<1_000_000]
        try await servingEveryWay(app, {
            Self.noting(seen)(&$0)
            if onTCP { $0.bind = [.anyLoopbackPort] }
        }) { served in
            let client = try served.connect()
            try client.send(get + get)
            for _ in 0..<2 {
                let body = try client.response().body
                #expect(body == expected)
            }
            try file.waitUntilClosed()
        }
        #expect(seen.value == Array(repeating: "GET 200 3100000", count: 6))
    }

    @Test("a client that goes while the application waits lets it go on")
    func clientGone() async throws {
        let (file, ends) = (try ContentFile([], thenZeros: 500 << 20), Watched(0))
        let app = Self.app(file) { descriptor, send in
            defer { ends.add() }
            try await send(.httpResponseZerocopysend(file: descriptor, more: true))
            try await send.piece("", more: false)
        }
        try await serving(app) { served in
            let client = try served.connect()
            try client.send(get)
            _ = try client.count(limit: 5 << 20)
            #expect(ends.value == 0)
            client.close()
            _ = try ends.wait { $0 == 1 }
            try file.waitUntilClosed()
        }
    }
}
