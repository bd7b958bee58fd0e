import Glibc
import HTTPWire
import NIOCore
import Testing

@testable import Roost

@Suite("Responses over HTTP/2")
struct HTTP2ResponseTests {
    @Test("trailer fields end a response, with a body or without one")
    func trailers() throws {
        let app = httpApp { scope, _, send in
            try await send(.httpResponseStart(status: 200, headers: [:], trailers: true))
            try await send.piece(scope.rawPath == "/body" ? "message" : "", more: false)
            try await send(.httpResponseTrailers(["Grpc-Status": "0"], more: true))
            try await send(.httpResponseTrailers(["grpc-message": "ok"], more: false))
        }
        try withHTTP2(app) { client in
            client.begin()
            let answer = client.ask("GET", "/body", on: 1)
            #expect(answer.text == "message" && answer.trailers == ["grpc-status": "0", "grpc-message": "ok"] && answer.hasEnded && answer.reset == nil)
            #expect(client.ask("GET", "/none", on: 3).trailers == answer.trailers)
        }
    }

    @Test("trailer fields wait for the body's window")
    func trailersWait() throws {
        let app = httpApp { _, _, send in
            try await send(.httpResponseStart(status: 200, headers: [:], trailers: true))
            try await send.piece(String(repeating: "x", count: 3000), more: false)
            try await send(.httpResponseTrailers(["x-end": "1"], more: false))
        }
        try withHTTP2(app) { client in
            client.begin([(4, 1000)])
            client.send(.request(on: 1))
            #expect(client.answer(on: 1).body.count == 1000 && client.answer(on: 1).trailers == nil)
            client.send(.window(2000, on: 1))
            #expect(client.answer(on: 1).body.count == 3000 && client.answer(on: 1).trailers == ["x-end": "1"] && client.answer(on: 1).hasEnded)
        }
    }

    @Test("a field that means something in a head only is refused among trailers, and the stream is broken off")
    func badTrailers() throws {
        let app = httpApp { _, _, send in
            try await send(.httpResponseStart(status: 200, headers: [:], trailers: true))
            try await send.piece("x", more: false)
            try await send(.httpResponseTrailers(["content-length": "7"], more: false))
        }
        try withHTTP2(app) { client in
            client.begin()
            #expect(client.ask(on: 1).reset == .internalError && client.isOpen)
        }
    }

    @Test("early hints come before the response")
    func earlyHints() throws {
        let app = httpApp { _, _, send in
            try await send(.httpResponseEarlyHint(links: ["</a.css>; rel=preload", "</b.js>; rel=preload"]))
            try await send.answer("page")
        }
        try withHTTP2(app, { $0.earlyHints = true }) { client in
            client.begin()
            let answer = client.ask(on: 1)
            #expect(answer.interim == [103] && answer.interimFields == ["link": "</a.css>; rel=preload, </b.js>; rel=preload"])
            #expect(answer.status == 200 && answer.text == "page")
        }
        try withHTTP2(app, { _ in }) { client in
            client.begin()
            #expect(client.ask(on: 1).interim.isEmpty && client.answer(on: 1).text == "page")
        }
    }

    @Test("an application that fails before its response is answered for with 500, and after that its stream is reset")
    func failures() throws {
        let log = LogCapture()
        let app = httpApp { scope, _, send in
            if scope.rawPath == "/started" { try await send.start(201) }
            if scope.rawPath == "/streaming" {
                try await send.start(200)
                try await send.piece("some")
            }
            if scope.rawPath == "/silent" { return }
            throw Deliberate()
        }
        try withHTTP2(app, log: log) { client in
            client.begin()
            #expect(client.ask("GET", "/before", on: 1).status == 500 && client.answer(on: 1).hasEnded)
            #expect(client.ask("GET", "/silent", on: 3).status == 500)
            #expect(client.ask("GET", "/started", on: 5).status == 201 && client.answer(on: 5).reset == .internalError)
            #expect(client.ask("GET", "/streaming", on: 7).text == "some" && client.answer(on: 7).reset == .internalError && !client.answer(on: 7).hasEnded)
            #expect(client.isOpen && log.errors.count == 4)
        }
    }

    @Test("a response that is shorter than it said is broken off, and one that is longer too")
    func wrongLength() throws {
        let app = httpApp { scope, _, send in
            try await send.start(headers: ["content-length": "4"])
            try await send.piece("ab")
            try await send.piece(scope.rawPath == "/short" ? "c" : "cde", more: false)
        }
        try withHTTP2(app) { client in
            client.begin()
            #expect(client.ask("GET", "/short", on: 1).reset == .internalError && !client.answer(on: 1).hasEnded)
            #expect(client.ask("GET", "/long", on: 3).reset == .internalError && client.answer(on: 3).text == "ab" && !client.answer(on: 3).hasEnded)
            #expect(client.isOpen)
        }
    }

    @Test("a head that no response can have leaves nothing on the wire but a 500")
    func invalidHead() throws {
        let app = httpApp { _, _, send in try await send.answer("x", headers: ["x": "a\r\nb"]) }
        try withHTTP2(app) { client in
            client.begin()
            #expect(client.ask(on: 1).status == 500 && client.answer(on: 1).hasEnded)
        }
    }

    @Test("an application is told that its client has reset the stream, and what it sends then goes nowhere")
    func clientResets() throws {
        let events = Watched<[String]>([])
        let app = httpApp { scope, receive, send in
            guard scope.rawPath == "/wait" else { return try await send.answer("other") }
            try await send.start()
            try await send.piece("begun")
            _ = try await receive()
            if case .httpDisconnect = try await receive() { events.change { $0.append("told") } }
            try await send.piece("into the void", more: false)
            events.change { $0.append("sent") }
        }
        let log = LogCapture()
        try withHTTP2(app, log: log) { client in
            client.begin()
            client.send(.request("GET", "/wait", on: 1))
            #expect(client.answer(on: 1).text == "begun" && events.value.isEmpty)
            client.send(.reset(on: 1))
            #expect(events.value == ["told", "sent"] && client.answer(on: 1).text == "begun")
            #expect(client.isOpen && client.ask("GET", "/", on: 3).text == "other")
            #expect(log.errors.isEmpty)
        }
    }

    @Test("an application that waits for room is let go when its client resets the stream")
    func resetWhileWaiting() throws {
        let ended = Watched(false)
        let app = httpApp { _, _, send in
            defer { ended.value = true }
            try await send.start()
            for _ in 0..<100 { try await send(.httpResponseBody(ByteBuffer(repeating: 1, count: 10_000), more: true)) }
            try await send.piece("", more: false)
        }
        try withHTTP2(app) { client in
            client.begin([(4, 100)])
            client.send(.request(on: 1))
            #expect(!ended.value && client.answer(on: 1).body.count == 100)
            client.send(.reset(on: 1))
            #expect(ended.value && client.isOpen)
        }
    }

    @Test("all applications of a connection are told when it goes")
    func connectionGoes() throws {
        let told = Watched(0)
        let app = httpApp { _, receive, _ in
            _ = try await receive()
            if case .httpDisconnect = try await receive() { told.add() }
        }
        try withHTTP2(app) { client in
            client.begin()
            client.send(.request(on: 1), .request(on: 3), .request(on: 5))
            #expect(told.value == 0)
            client.connection.peerGone()
            client.run()
            #expect(told.value == 3 && !client.isOpen)
        }
    }

    @Test("a client that sends nothing more is still answered, and its applications are told")
    func halfClose() throws {
        let gate = Gate()
        let app = httpApp { _, _, send in
            await gate.opened()
            try await send.answer("late")
        }
        try withHTTP2(app) { client in
            client.begin()
            client.send(.request(on: 1))
            client.connection.readEnded()
            client.run()
            #expect(client.isOpen)
            gate.open()
            client.run()
            #expect(client.answer(on: 1).text == "late" && !client.isOpen)
        }
    }

    @Test("files are sent whole, by path and by descriptor, through windows of any size", arguments: [65535, 1000, 40_000])
    func files(window: Int) throws {
        let file = try ContentFile(length: 150_000)
        let content = file.content
        let app = httpApp { scope, _, send in
            try await send.start(headers: scope.rawPath == "/length" ? ["content-length": "1000"] : [:])
            if scope.rawPath == "/parts" {
                let descriptor = open(file.path, O_RDONLY | O_CLOEXEC)
                defer { close(descriptor) }
                try await send.piece("<")
                try await send(.httpResponseZerocopysend(file: descriptor, offset: 10, count: 100_000, more: true))
                try await send.piece(">", more: false)
            } else {
                try await send(.httpResponsePathsend(path: file.path))
            }
        }
        try withHTTP2(app) { client in
            client.begin([(4, UInt32(window))])
            client.send(.window(1 << 30, on: 0))
            for (index, (target, expected)) in [("/", content), ("/length", Array(content[..<1000])), ("/parts", [0x3C] + content[10..<100_010] + [0x3E])].enumerated() {
                let stream = UInt32(index * 2 + 1)
                client.send(.request("GET", target, on: stream))
                var given = 0
                while !client.answer(on: stream).hasEnded, given < 400 {
                    client.send(.window(UInt32(window), on: stream))
                    given += 1
                }
                #expect(client.answer(on: stream).body == expected && client.answer(on: stream).hasEnded, "\(target)")
            }
        }
    }
}
