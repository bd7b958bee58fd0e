import Glibc
import HTTPWire
import NIOCore
import Testing

@testable import Roost

@Suite("http.response.pathsend", .timeLimit(.minutes(1)))
struct PathsendTests {
    /// Answers with a file; `/other` with a text.
    private static func app(_ file: ContentFile, _ headers: Headers = [:], status: Int = 200) -> ASGIFramework {
        httpApp { scope, _, send in
            guard scope.rawPath != "/other" else { return try await send.answer("other") }
            try await send.start(status, headers: headers)
            try await send(.httpResponsePathsend(path: file.path))
        }
    }

    /// Notes the entries of the access log as `METHOD PATH STATUS BYTES`.
    private static func noting(_ seen: Watched<[String]>) -> @Sendable (inout Config) -> Void {
        { config in
            config.accessLog = { entry in
                seen.change { $0.append("\(entry.scope.method) \(entry.scope.path) \(entry.status) \(entry.bodyBytes)\(entry.isComplete ? "" : " broken off")") }
            }
        }
    }

    private let get = "GET / HTTP/1.1\r\nhost: a\r\n\r\n"

    // MARK: Without sockets

    @Test("every scope offers it")
    func offered() throws {
        let found = Watched(false)
        let app = httpApp { scope, _, send in
            found.value = scope.extensions.pathsend != nil && scope.extensions["http.response.pathsend"] is PathsendExtension
            try await send.answer("")
        }
        try withMemoryConnection(app) { $0.receive(get) }
        #expect(found.value)
    }

    @Test("the file is the body, its length is announced, and the connection goes on")
    func ordinary() throws {
        let (file, seen) = (try ContentFile("a file's content"), Watched<[String]>([]))
        try withMemoryConnection(Self.app(file), Self.noting(seen)) { memory in
            for _ in 0..<2 {
                memory.receive(get)
                #expect(file.openCount == 1)
                let response = try #require(memory.responses().first)
                #expect(response.text == "a file's content" && response["content-length"] == "16" && !response.closes)
                #expect(response["transfer-encoding"] == nil)
            }
            memory.receive("GET /other HTTP/1.1\r\nhost: a\r\n\r\n")
            #expect(memory.responses().first?.text == "other")
        }
        #expect(seen.value == ["GET / 200 16", "GET / 200 16", "GET /other 200 5"])
        #expect(file.openCount == 0)
    }

    @Test("an empty file is an empty body")
    func empty() throws {
        let (file, seen) = (try ContentFile(""), Watched<[String]>([]))
        try withMemoryConnection(Self.app(file), Self.noting(seen)) { memory in
            memory.receive(get)
            let response = try #require(memory.responses().first)
            #expect(response.text == "" && response["content-length"] == "0")
        }
        #expect(seen.value == ["GET / 200 0"] && file.openCount == 0)
    }

    @Test("of a file longer than announced comes what was announced")
    func announced() throws {
        let (file, seen) = (try ContentFile("0123456789"), Watched<[String]>([]))
        try withMemoryConnection(Self.app(file, ["Content-Length": "4"]), Self.noting(seen)) { memory in
            memory.receive(get + get)
            let first = memory.written()
            #expect(first.hasSuffix("\r\n\r\n0123"))
            #expect(memory.written().hasSuffix("\r\n\r\n0123"))
            #expect(memory.isOpen)
        }
        #expect(seen.value == ["GET / 200 4", "GET / 200 4"])
    }

    @Test("what cannot be sent is an error of the application's before anything is sent, and it may answer otherwise",
        arguments: ["missing", "relative", "directory", "longer announced", "no number announced"])
    func refused(how: String) throws {
        let file = try ContentFile("0123456789")
        let path = switch how {
        case "missing": "/nowhere/at/all"
        case "relative": "file"
        case "directory": "/"
        default: file.path
        }
        let headers: Headers = switch how {
        case "longer announced": ["content-length": "11"]
        case "no number announced": ["content-length": "+5"]
        default: [:]
        }
        let thrown = Watched<ASGIError?>(nil)
        let app = httpApp { _, _, send in
            try await send.start(headers: headers)
            do {
                try await send(.httpResponsePathsend(path: path))
            } catch let error as ASGIError {
                thrown.value = error
                try await send.answer("otherwise", status: 404)
            }
        }
        try withMemoryConnection(app) { memory in
            memory.receive(get)
            let responses = memory.responses()
            #expect(responses.count == 1 && responses[0].status == 404 && responses[0].text == "otherwise")
            #expect(memory.isOpen && file.openCount == 0)
        }
        switch how {
        case "missing": #expect(thrown.value == .unsendableFile(path: path, code: ENOENT, reason: "No such file or directory"))
        case "relative": #expect(thrown.value == .unsendableFile(path: path, code: EINVAL, reason: "not an absolute path"))
        case "directory": #expect(thrown.value == .unsendableFile(path: path, code: EISDIR, reason: "Is a directory"))
        default: if case .invalidResponse = thrown.value {} else { Issue.record("\(thrown.value as Any)") }
        }
        #expect(thrown.value?.description.isEmpty == false)
    }

    @Test("an application that does not catch the error is answered for")
    func uncaught() throws {
        let (log, seen) = (LogCapture(), Watched<[String]>([]))
        let app = httpApp { _, _, send in
            try await send.start()
            try await send(.httpResponsePathsend(path: "/nowhere"))
        }
        try withMemoryConnection(app, log: log, Self.noting(seen)) { memory in
            memory.receive(get)
            #expect(memory.responses().first?.status == 500)
        }
        #expect(log.errors.map(\.message) == ["application failed: the file /nowhere cannot be sent: No such file or directory"])
        #expect(seen.value == ["GET / 500 21"])
    }

    @Test("it comes behind a start, once, and instead of a body")
    func order() throws {
        let file = try ContentFile("content")
        let thrown = Watched<[ASGIError]>([])
        let app = httpApp { _, _, send in
            func attempt() async {
                do {
                    try await send(.httpResponsePathsend(path: file.path))
                } catch let error as ASGIError {
                    thrown.change { $0.append(error) }
                } catch {}
            }
            await attempt()
            try await send.start()
            try await send.piece("body")
            await attempt()
            try await send.piece("", more: false)
            await attempt()
        }
        try withMemoryConnection(app) { memory in
            memory.receive(get)
            #expect(memory.responses().first?.text == "body")
        }
        #expect(thrown.value == [
            .unexpectedEvent("http.response.pathsend was sent before http.response.start"),
            .unexpectedEvent("http.response.pathsend was sent after http.response.body"),
            .unexpectedEvent("http.response.pathsend was sent after the response was complete"),
        ])
        #expect(file.openCount == 0)
    }

    @Test("a body behind it is one too many")
    func bodyBehind() throws {
        let (file, thrown) = (try ContentFile("content"), Watched<ASGIError?>(nil))
        let app = httpApp { _, _, send in
            try await send.start()
            try await send(.httpResponsePathsend(path: file.path))
            do { try await send.piece("more") } catch let error as ASGIError { thrown.value = error }
        }
        try withMemoryConnection(app) { memory in
            memory.receive(get)
            #expect(memory.responses().first?.text == "content")
        }
        #expect(thrown.value == .unexpectedEvent("http.response.body was sent after the response was complete"))
    }

    @Test("to HEAD, and with 204 and 304, no byte of it is sent", arguments: [("HEAD", 200, "7"), ("GET", 204, nil), ("GET", 304, nil)])
    func bodiless(method: String, status: Int, length: String?) throws {
        let (file, seen) = (try ContentFile("content"), Watched<[String]>([]))
        try withMemoryConnection(Self.app(file, status: status), Self.noting(seen)) { memory in
            memory.receive("\(method) / HTTP/1.1\r\nhost: a\r\n\r\n")
            #expect(file.openCount == 0)
            let response = try #require(memory.responses(to: method).first)
            #expect(response.status == status && response.body.isEmpty && response["content-length"] == length)
            memory.receive("GET /other HTTP/1.1\r\nhost: a\r\n\r\n")
            #expect(memory.responses().first?.text == "other")
        }
        #expect(seen.value == ["\(method) / \(status) 0", "GET /other 200 5"])
    }

    @Test("HTTP/1.0 has it too, with a length")
    func http10() throws {
        let file = try ContentFile("content")
        try withMemoryConnection(Self.app(file)) { memory in
            memory.receive("GET / HTTP/1.0\r\n\r\n")
            let response = try #require(memory.responses().first)
            #expect(response.text == "content" && response["content-length"] == "7" && response.closes)
            #expect(memory.closesAfterOutput)
        }
    }

    @Test("what is pipelined behind it begins when it is sent")
    func pipelined() throws {
        let (file, begun) = (try ContentFile("content"), Watched(0))
        let inner = Self.app(file)
        let app: ASGIFramework = { scope, receive, send in
            begun.add()
            try await inner(scope, receive, send)
        }
        try withMemoryConnection(app) { memory in
            memory.receive(get + "GET /other HTTP/1.1\r\nhost: a\r\n\r\n" + get)
            #expect(begun.value == 1 && !memory.connection.wantsRead)
            #expect(memory.responses().map(\.text) == ["content"])
            #expect(begun.value == 3)
            #expect(memory.responses().map(\.text) == ["other", "content"])
            #expect(memory.connection.wantsRead)
        }
    }

    @Test("the receive of an application that has sent it says disconnect")
    func receiveBehind() throws {
        let (file, events) = (try ContentFile("content"), Watched<[String]>([]))
        let app = httpApp { _, receive, send in
            try await send.start()
            try await send(.httpResponsePathsend(path: file.path))
            while true {
                let event = try await receive()
                events.change { $0.append("\(event)") }
                guard case .httpRequest = event else { break }
            }
        }
        try withMemoryConnection(app) { $0.receive(get) }
        #expect(events.value.last == "httpDisconnect")
    }

    @Test("one that has become shorter cuts the connection, and the log says so")
    func shorter() throws {
        let (file, log, seen) = (try ContentFile("0123456789"), LogCapture(), Watched<[String]>([]))
        try withMemoryConnection(Self.app(file), log: log, Self.noting(seen)) { memory in
            memory.receive(get)
            try file.shorten(to: 4)
            _ = memory.written()
            #expect(memory.closesNow && file.openCount == 0)
        }
        #expect(seen.value == ["GET / 200 4 broken off"])
        #expect(log.errors.map(\.message) == ["the client was cut off: 6 bytes of the file that was its response are missing: it has become shorter meanwhile"])
        #expect(log.errors.first?.metadata["path"] == "/")
    }

    @Test("a client that goes, is cut off or too slow is logged with what it was sent, once, and the file is closed")
    func gone() throws {
        let (file, seen) = (try ContentFile("0123456789"), Watched<[String]>([]))
        for end in [{ $0.peerGone() }, { $0.cutOff() }, { $0.deadlineReached() }] as [(HTTP1Connection) -> Void] {
            try withMemoryConnection(Self.app(file), Self.noting(seen)) { memory in
                memory.receive(get)
                #expect(file.openCount == 1)
                end(memory.connection)
                #expect(file.openCount == 0 && memory.closesNow)
            }
        }
        #expect(seen.value == Array(repeating: "GET / 200 0 broken off", count: 3))
    }

    @Test("a client that was gone before is sent nothing, and that is no error")
    func goneBefore() throws {
        let (file, log) = (try ContentFile("content"), LogCapture())
        let inner = Self.app(file)
        let app: ASGIFramework = { scope, receive, send in
            while case .httpRequest = try await receive() {}
            try await inner(scope, receive, send)
        }
        try withMemoryConnection(app, log: log) { memory in
            memory.receive(get)
            memory.connection.peerGone()
            memory.loop.runReady()
        }
        #expect(log.errors.isEmpty && file.openCount == 0)
    }

    @Test("the test client gets it, however long it is")
    func testClient() async throws {
        let file = try ContentFile(length: 300_000)
        let client = try TestClient(Self.app(file))
        let response = try await client.get("/")
        #expect(Array(response.body.readableBytesView) == file.content)
        #expect(try await client.get("/other").text == "other")
    }

    // MARK: Through sockets

    @Test("a file of several turns arrives whole, and pipelined requests are answered behind it", arguments: [false, true])
    func whole(onTCP: Bool) async throws {
        let (file, seen) = (try ContentFile(length: 3_000_000), Watched<[String]>([]))
        try await servingEveryWay(Self.app(file), {
            Self.noting(seen)(&$0)
            if onTCP { $0.bind = [.anyLoopbackPort] }
        }) { served in
            let client = try served.connect()
            try client.send(get + "GET /other HTTP/1.1\r\nhost: a\r\n\r\n" + get)
            #expect(try client.response().body == file.content)
            #expect(try client.response().text == "other")
            #expect(try client.response().body == file.content)
            #expect(try client.ask("/other").text == "other")
            try file.waitUntilClosed()
        }
        let each = ["GET / 200 3000000", "GET /other 200 5", "GET / 200 3000000", "GET /other 200 5"]
        #expect(seen.value == each + each + each)
    }

    @Test("a file that is removed while it is sent arrives whole")
    func removed() async throws {
        let file = try ContentFile(length: 3_000_000)
        try await serving(Self.app(file)) { served in
            let client = try served.connect()
            try client.send(get)
            while file.openCount == 0 { usleep(1000) }
            file.remove()
            #expect(try client.response().body == file.content)
            try file.waitUntilClosed()
        }
    }

    @Test("a file may have more bytes than a word of 32 bits can count")
    func large() async throws {
        let file = try ContentFile([], thenZeros: 5 << 30)
        try await serving(Self.app(file)) { served in
            #expect(try served.connect().ask("/", method: "HEAD")["content-length"] == "5368709120")
            let client = try served.connect()
            try client.send(get)
            let received = try client.receive(atMost: 1000)
            #expect(String(decoding: received, as: UTF8.self).contains("content-length: 5368709120\r\n"))
            #expect(try client.count(limit: 20 << 20) >= 20 << 20)
        }
    }

    @Test("a client that goes in the middle frees the descriptor, and is logged with what it was sent")
    func clientGone() async throws {
        let (file, seen) = (try ContentFile([], thenZeros: 500 << 20), Watched<[String]>([]))
        try await servingEveryWay(Self.app(file), Self.noting(seen)) { served in
            seen.value = []
            let client = try served.connect()
            try client.send(get)
            _ = try client.count(limit: 5 << 20)
            #expect(file.openCount == 1)
            client.close()
            try file.waitUntilClosed()
            let entry = try seen.wait { !$0.isEmpty }[0]
            let words = entry.split(separator: " ")
            #expect(words.prefix(3) == ["GET", "/", "200"] && words.suffix(2) == ["broken", "off"])
            #expect(Int(words[3]).map { (4 << 20..<50 << 20).contains($0) } == true)
            #expect(try served.connect().ask("/other").text == "other")
        }
    }

    @Test("one that has become shorter meanwhile ends the connection, and the client sees that it is not whole")
    func shorterMeanwhile() async throws {
        let file = try ContentFile([], thenZeros: 100 << 20)
        try await servingEveryWay(Self.app(file)) { served in
            try file.shorten(to: 100 << 20)
            let client = try served.connect()
            try client.send(get)
            let first = try client.count(limit: 5 << 20)
            try file.shorten(to: 1 << 20)
            let rest = try client.count(limit: .max)
            #expect(first + rest < 50 << 20)
            try served.logged("it has become shorter meanwhile")
            try file.waitUntilClosed()
            #expect(try served.connect().ask("/other").text == "other")
        }
    }

    @Test("a client that does not read is cut off in time, and the file closed")
    func writeTimeout() async throws {
        let file = try ContentFile([], thenZeros: 100 << 20)
        try await servingEveryWay(Self.app(file), { $0.writeTimeout = .milliseconds(200) }) { served in
            let client = try served.connect()
            try client.send(get)
            let line = try served.logged("took nothing")
            #expect(line.metadata["path"] == "/")
            try file.waitUntilClosed()
            #expect(try client.count(limit: .max) < 50 << 20)
        }
    }

    @Test("a client as fast as the file does not keep others from being served")
    func fastReader() async throws {
        let file = try ContentFile([], thenZeros: 8 << 30)
        try await servingEveryWay(Self.app(file)) { served in
            let (reading, isReading, isOver) = (ClientThread(), Gate(), Watched(false))
            defer { reading.stop() }
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask(executorPreference: reading) {
                    let fast = try served.connect()
                    try fast.send(get)
                    isReading.open()
                    while !isOver.value { try #require(try !fast.receive(atMost: 256 << 10).isEmpty) }
                }
                await isReading.opened()
                let other = try served.connect()
                for _ in 0..<20 {
                    let answer = try other.ask("/other").text
                    #expect(answer == "other")
                }
                isOver.value = true
                try await group.waitForAll()
            }
            try file.waitUntilClosed()
        }
    }

    @Test("a shutdown waits until it is sent")
    func shutdown() async throws {
        let file = try ContentFile(length: 3_000_000)
        try await servingEveryWay(Self.app(file)) { served in
            let client = try served.connect()
            try client.send(get)
            _ = try served.connect().ask("/other")
            served.stop()
            usleep(50_000)
            #expect(try client.response().body == file.content)
            #expect(try client.isClosed())
        }
    }
}
