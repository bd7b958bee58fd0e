import HTTPWire
import NIOCore
import Testing

@testable import Roost

@Suite("Keeping a connection, and framing what goes over it")
struct KeepAliveTests {
    /// Streams without a length.
    private static let stream = httpApp { _, _, send in
        try await send.start()
        try await send.piece("one ")
        try await send.piece("")
        try await send.piece("two")
        try await send.piece("", more: false)
    }

    @Test("the connection is kept or closed as version and Connection say", arguments: [
        ("GET / HTTP/1.1\r\nhost: a\r\n\r\n", nil, true),
        ("GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n", "close", false),
        ("GET / HTTP/1.1\r\nhost: a\r\nconnection: keep-alive\r\n\r\n", nil, true),
        ("GET / HTTP/1.0\r\n\r\n", "close", false),
        ("GET / HTTP/1.0\r\nconnection: keep-alive\r\n\r\n", "keep-alive", true),
        ("GET / HTTP/1.0\r\nconnection: keep-alive, close\r\n\r\n", "close", false),
    ] as [(String, String?, Bool)])
    func keepAlive(_ request: String, _ announced: String?, _ stays: Bool) throws {
        try withMemoryConnection(Apps.hello) { memory in
            memory.receive(request)
            let response = try #require(memory.responses().first)
            #expect(response.text == "hello" && response["content-length"] == "5")
            #expect(response["connection"] == announced)
            #expect(memory.isOpen == stays && memory.connection.isIdle == stays)
        }
    }

    @Test("the last request that a connection may carry is told so, and the connection closes")
    func mostRequests() throws {
        let request = "GET / HTTP/1.1\r\nhost: a\r\n\r\n"
        try withMemoryConnection(Apps.hello) { $0.keepAliveMaxRequests = 3 } _: { memory in
            memory.receive(request)
            #expect(memory.responses().first?["connection"] == nil && memory.isOpen)
            memory.receive(request + request + request)
            let responses = memory.responses()
            #expect(responses.map { $0["connection"] } == [nil, "close"])
            #expect(responses.map(\.status) == [200, 200] && memory.closesAfterOutput)
        }
        try withMemoryConnection(Apps.hello) { $0.keepAliveMaxRequests = nil } _: { memory in
            for _ in 0..<3 { memory.receive(request) }
            #expect(memory.responses().count == 3 && memory.isOpen)
        }
    }

    @Test("an application that says connection: close has it closed")
    func applicationCloses() throws {
        let app = httpApp { _, _, send in try await send.answer("bye", headers: ["connection": "close"]) }
        try withMemoryConnection(app) { memory in
            memory.receive("GET / HTTP/1.1\r\nhost: a\r\n\r\nGET / HTTP/1.1\r\nhost: a\r\n\r\n")
            let responses = memory.responses()
            #expect(responses.map(\.text) == ["bye"] && responses[0].closes)
            #expect(memory.closesAfterOutput)
        }
    }

    @Test("a stream of unknown length is chunked on HTTP/1.1, and the connection goes on")
    func chunked() throws {
        try withMemoryConnection(Self.stream) { memory in
            memory.receive("GET / HTTP/1.1\r\nhost: a\r\n\r\n")
            let text = memory.written()
            #expect(text.hasSuffix("\r\n\r\n4\r\none \r\n3\r\ntwo\r\n0\r\n\r\n"))
            #expect(text.contains("\r\ntransfer-encoding: chunked\r\n"))
            #expect(memory.connection.isIdle)
        }
    }

    @Test("a stream of unknown length ends with the connection on HTTP/1.0")
    func untilClose() throws {
        try withMemoryConnection(Self.stream) { memory in
            memory.receive("GET / HTTP/1.0\r\nconnection: keep-alive\r\n\r\n")
            let response = try #require(memory.responses().first)
            #expect(response.text == "one two" && response.closes && response["transfer-encoding"] == nil)
            #expect(memory.closesAfterOutput)
        }
    }

    @Test("a stream of known length is not chunked")
    func knownLength() throws {
        let app = httpApp { _, _, send in
            try await send.start(headers: ["content-length": "7"])
            try await send.piece("one ")
            try await send.piece("two", more: false)
        }
        try withMemoryConnection(app) { memory in
            memory.receive("GET / HTTP/1.1\r\nhost: a\r\n\r\n")
            let response = try #require(memory.responses().first)
            #expect(response.text == "one two" && response["content-length"] == "7" && response["transfer-encoding"] == nil)
            #expect(memory.isOpen)
        }
    }

    @Test("HEAD gets the head alone, and the connection goes on")
    func head() throws {
        try withMemoryConnection(Apps.hello) { memory in
            memory.receive("HEAD / HTTP/1.1\r\nhost: a\r\n\r\nGET / HTTP/1.1\r\nhost: a\r\n\r\n")
            let text = memory.written()
            let parts = text.components(separatedBy: "\r\n\r\n")
            #expect(parts.count == 3)
            #expect(parts[0].hasPrefix("HTTP/1.1 200 OK\r\n") && parts[0].contains("content-length: 5"))
            #expect(parts[1].hasPrefix("HTTP/1.1 200 OK\r\n"))
            #expect(parts[2] == "hello")
        }
        try withMemoryConnection(Self.stream) { memory in
            memory.receive("HEAD / HTTP/1.1\r\nhost: a\r\n\r\n")
            #expect(memory.written().hasSuffix("\r\n\r\n"))
            #expect(memory.connection.isIdle)
        }
    }

    @Test("204 and 304 have no body, whatever the application sends", arguments: [204, 304])
    func noBody(status: Int) throws {
        let app = httpApp { _, _, send in try await send.answer("unwanted", status: status) }
        try withMemoryConnection(app) { memory in
            memory.receive("GET / HTTP/1.1\r\nhost: a\r\n\r\nGET / HTTP/1.1\r\nhost: a\r\n\r\n")
            let text = memory.written()
            #expect(!text.contains("unwanted") && !text.contains("transfer-encoding"))
            #expect(text.components(separatedBy: "HTTP/1.1 \(status)").count == 3)
            #expect(memory.connection.isIdle)
        }
    }

    @Test("every response has a date and a server, unless the configuration says otherwise or the application brings its own")
    func serverFields() throws {
        try withMemoryConnection(Apps.hello) { memory in
            memory.receive("GET / HTTP/1.1\r\nhost: a\r\n\r\n")
            let response = try #require(memory.responses().first)
            #expect(response["server"] == "roost")
            #expect(response["date"]?.hasSuffix(" GMT") == true && response["date"]?.count == 29)
        }
        try withMemoryConnection(Apps.hello) {
            $0.includeDateHeader = false
            $0.includeServerHeader = false
        } _: { memory in
            memory.receive("GET / HTTP/1.1\r\nhost: a\r\n\r\n")
            let response = try #require(memory.responses().first)
            #expect(response["server"] == nil && response["date"] == nil)
        }
        let own = httpApp { _, _, send in try await send.answer("", headers: ["Server": "mine", "Date": "today"]) }
        try withMemoryConnection(own) { memory in
            memory.receive("GET / HTTP/1.1\r\nhost: a\r\n\r\n")
            let response = try #require(memory.responses().first)
            #expect(response.fields.filter { ["server", "date"].contains($0.name.lowercased()) }.map(\.value) == ["mine", "today"])
        }
    }

    @Test("while the server drains, every response is its connection's last")
    func draining() throws {
        try withMemoryConnection(Apps.hello) { memory in
            memory.context.isDraining = true
            memory.receive("GET / HTTP/1.1\r\nhost: a\r\n\r\nGET / HTTP/1.1\r\nhost: a\r\n\r\n")
            let responses = memory.responses()
            #expect(responses.count == 1 && responses[0].closes)
            #expect(memory.closesAfterOutput)
        }
    }

    @Test("a connection that is idle when the drain begins may bring one more request, which a proxy may have sent already")
    func lastRequest() throws {
        try withMemoryConnection(Apps.hello) { memory in
            memory.receive("GET / HTTP/1.1\r\nhost: a\r\n\r\n")
            #expect(memory.responses().map(\.closes) == [false])
            memory.context.isDraining = true
            memory.connection.drain()
            #expect(!memory.closesAfterOutput)
            memory.receive("GET / HTTP/1.1\r\nhost: a\r\n\r\n")
            #expect(memory.responses().map(\.closes) == [true])
            #expect(memory.closesAfterOutput)
        }
    }

    @Test("a connection that is idle when the drain begins, or becomes it, ends a moment later")
    func lastMoment() throws {
        for isFirst in [true, false] {
            try withMemoryConnection(Apps.hello) { memory in
                if !isFirst {
                    memory.receive("GET / HTTP/1.1\r\nhost: a\r\n\r\n")
                    #expect(memory.responses().count == 1)
                }
                memory.context.isDraining = true
                memory.connection.drain()
                #expect(memory.connection.deadline <= memory.loop.now.advanced(by: Nanoseconds(.seconds(1))))
                memory.connection.deadlineReached()
                #expect(memory.closesAfterOutput)
            }
        }
    }

    @Test("an idle connection holds no output storage")
    func noStorage() throws {
        try withMemoryConnection(Apps.hello) { memory in
            memory.receive("GET / HTTP/1.1\r\nhost: a\r\n\r\n")
            _ = memory.written()
            memory.connection.releaseOutputStorage()
            #expect(memory.connection.output.gathered.capacity == 0)
        }
    }
}

extension String {
    fileprivate func components(separatedBy separator: String) -> [String] {
        var parts: [String] = []
        var rest = self[...]
        while let range = rest.firstRange(of: separator) {
            parts.append(String(rest[..<range.lowerBound]))
            rest = rest[range.upperBound...]
        }
        return parts + [String(rest)]
    }
}
