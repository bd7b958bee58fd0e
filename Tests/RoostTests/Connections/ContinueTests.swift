import HTTPWire
import NIOCore
import Testing

@testable import Roost

@Suite("Expect: 100-continue")
struct ContinueTests {
    private static let head = "POST / HTTP/1.1\r\nhost: a\r\nexpect: 100-continue\r\ncontent-length: 5\r\n\r\n"

    @Test("100 is sent when the application first asks for the body, and only once")
    func asked() throws {
        try withMemoryConnection(Apps.echo) { memory in
            memory.receive(Self.head)
            #expect(memory.written() == "HTTP/1.1 100 Continue\r\n\r\n")
            memory.receive("he")
            #expect(memory.written() == "")
            memory.receive("llo")
            let response = try #require(memory.responses().first)
            #expect(response.status == 200 && response.text == "hello" && !response.closes)
            #expect(memory.isOpen)
        }
    }

    @Test("each request is asked for its own body")
    func again() throws {
        try withMemoryConnection(Apps.echo) { memory in
            for _ in 0..<3 {
                memory.receive(Self.head)
                #expect(memory.written() == "HTTP/1.1 100 Continue\r\n\r\n")
                memory.receive("hello")
                #expect(memory.responses().map(\.text) == ["hello"])
            }
        }
    }

    @Test("an application that never asks sends no 100, and the connection ends with its answer")
    func neverAsked() throws {
        try withMemoryConnection(Apps.path) { memory in
            memory.receive(Self.head)
            let response = try #require(memory.responses().first)
            #expect(response.status == 200 && response.closes)
            #expect(memory.closesAfterOutput)
        }
    }

    @Test("an application that answers first and asks then sends no 100 within its answer")
    func askedAfterStart() throws {
        let app = httpApp { _, receive, send in
            try await send.start()
            try await send.piece("begun")
            _ = try await receive()
            try await send.piece("", more: false)
        }
        try withMemoryConnection(app) { memory in
            memory.receive(Self.head)
            let text = memory.written()
            #expect(text.hasPrefix("HTTP/1.1 200 ") && !text.contains("100 Continue"))
        }
    }

    @Test("a client that sends its body without waiting gets no 100")
    func notWaiting() throws {
        try withMemoryConnection(Apps.echo) { memory in
            memory.receive(Self.head + "hello")
            let responses = memory.responses()
            #expect(responses.map(\.status) == [200])
            #expect(responses.first?.closes == false)
        }
    }

    @Test("a client on HTTP/1.0 gets no 100")
    func oldClient() throws {
        try withMemoryConnection(Apps.echo) { memory in
            memory.receive("POST / HTTP/1.0\r\nexpect: 100-continue\r\ncontent-length: 5\r\n\r\n")
            #expect(memory.written() == "")
            memory.receive("hello")
            #expect(memory.responses().map(\.text) == ["hello"])
        }
    }

    @Test("a refused request is refused without 100")
    func refused() throws {
        try withMemoryConnection(Apps.echo) { $0.maxBodySize = 4 } _: { memory in
            memory.receive(Self.head)
            #expect(memory.responses().map(\.status) == [413])
        }
    }
}
