import HTTPWire
import NIOCore
import Testing

@testable import Roost

@Suite("Bodies over HTTP/2")
struct HTTP2BodyTests {
    /// A piece of body that fits into a frame.
    private static let piece = [UInt8](repeating: 0x78, count: 16384)

    @Test("a body that came in frames is one for the application, pads left out")
    func upload() throws {
        try withHTTP2(Apps.echo) { client in
            client.begin()
            client.send(.request("POST", on: 1, ends: false), .data("one", on: 1))
            client.send(ClientFrame(.data, .padded, on: 1, [4] + Array("two".utf8) + [0, 0, 0, 0]), .data("", on: 1), .data("three", on: 1, ends: true))
            #expect(client.answer(on: 1).text == "onetwothree")
        }
    }

    @Test("bodies take turns, so that none waits for the end of a long one", arguments: [[], [("priority", "u=0")], [("priority", "u=7")]])
    func turns(priority: ClientFrame.Fields) throws {
        let app = httpApp { scope, _, send in try await send.answer(String(repeating: "x", count: scope.rawPath == "/long" ? 300_000 : 20_000)) }
        try withHTTP2(app) { client in
            client.begin([(4, 1 << 20)])
            client.reads = false
            client.send(.window(1 << 20, on: 0), .request("GET", "/long", on: 1), .request("GET", "/long", on: 3), .request(on: 5, priority))
            client.reads = true
            client.run()
            let order = client.answers.order.filter { $0.kind == .data }.map(\.stream)
            #expect(order.prefix(9).filter { $0 == 5 }.count == 2 && order.filter { $0 == 1 }.count == 19)
            for stream in [1, 3, 5] as [UInt32] { #expect(client.answer(on: stream).hasEnded) }
        }
    }

    @Test("a body that ends with trailer fields is whole")
    func requestTrailers() throws {
        try withHTTP2(Apps.echo) { client in
            client.begin()
            client.send(.request("POST", on: 1, ends: false), .data("body", on: 1), .headers([("x-sum", "1")], on: 1))
            #expect(client.answer(on: 1).text == "body" && client.isOpen)
        }
    }

    @Test("content-length has to be true", arguments: [("5", "abc"), ("2", "abc"), ("1", ""), ("0", "a")])
    func contentLength(length: String, body: String) throws {
        let outcome = Watched("")
        let app = httpApp { _, receive, send in
            outcome.value = try await receive.body() == nil ? "gone" : "whole"
            try await send.answer("x")
        }
        try withHTTP2(app) { client in
            client.begin()
            client.send(.request("POST", on: 1, ends: false, [("content-length", length)]), .data(body, on: 1, ends: true))
            #expect(client.answer(on: 1).reset == .protocolError && client.answer(on: 1).status == 0)
            #expect(outcome.value == "gone")
            #expect(client.ask(on: 3).status == 200)
        }
    }

    @Test("a window is given back only as the application takes the body, and the connection's in any case")
    func receiveWindows() throws {
        let gate = Gate()
        let app = httpApp { _, receive, send in
            await gate.opened()
            let body = try await receive.body()
            try await send.answer("\(body?.readableBytes ?? -1)")
        }
        try withHTTP2(app) { client in
            client.begin()
            let before = client.answers.window
            client.send(.request("POST", on: 1, ends: false))
            for _ in 0..<4 { client.send(.data(Self.piece, on: 1)) }
            #expect(client.answer(on: 1).window == 0)
            // Others fill the connection's window.
            for stream in stride(from: UInt32(3), to: 11, by: 2) {
                client.send(.request("POST", on: stream, ends: false))
                for _ in 0..<4 { client.send(.data(Self.piece, on: stream)) }
            }
            #expect(client.answers.window == before + 256 << 10)
            gate.open()
            client.run()
            #expect(client.answer(on: 1).window == 64 << 10)
            client.send(.data(Self.piece, on: 1, ends: true))
            #expect(client.answer(on: 1).text == "\(5 * Self.piece.count)")
        }
    }

    @Test("more body than the window lets is an error of the stream's")
    func windowOverrun() throws {
        let app = httpApp { _, receive, _ in _ = try await Task.sleep(for: .seconds(60)) }
        try withHTTP2(app, { $0.disconnectGrace = .zero }) { client in
            client.begin()
            client.send(.request("POST", on: 1, ends: false))
            for _ in 0..<5 { client.send(.data(Self.piece, on: 1)) }
            #expect(client.answer(on: 1).reset == .flowControlError && client.isOpen)
            client.scheduler.runAll()
        }
    }

    @Test("an application that sends more than the client's window takes waits, and goes on as it opens")
    func sendWindow() throws {
        let sent = Watched(0)
        let app = httpApp { _, _, send in
            try await send.start()
            for _ in 0..<40 {
                try await send(.httpResponseBody(ByteBuffer(bytes: Self.piece), more: true))
                sent.add()
            }
            try await send.piece("", more: false)
        }
        try withHTTP2(app) { client in
            client.begin([(4, 1000)])
            client.send(.request(on: 1))
            #expect(client.answer(on: 1).body.count == 1000 && !client.answer(on: 1).hasEnded)
            #expect(sent.value < 10)
            client.send(.window(9000, on: 1))
            #expect(client.answer(on: 1).body.count == 10_000)
            // The connection has a window too.
            client.send(.window(1_000_000, on: 1))
            #expect(client.answer(on: 1).body.count == 65535 && sent.value < 15)
            client.send(.window(1_000_000, on: 0))
            #expect(client.answer(on: 1).body.count == 40 * Self.piece.count && client.answer(on: 1).hasEnded && sent.value == 40)
        }
    }

    @Test("a window that is opened by new settings lets an application go on")
    func settingsOpenWindow() throws {
        let app = httpApp { _, _, send in try await send.answer(String(repeating: "x", count: 5000)) }
        try withHTTP2(app) { client in
            client.begin([(4, 0)])
            client.send(.request(on: 1))
            #expect(client.answer(on: 1).status == 200 && client.answer(on: 1).body.isEmpty)
            client.send(.settings([(4, 6000)]))
            #expect(client.answer(on: 1).body.count == 5000 && client.answer(on: 1).hasEnded)
        }
    }

    @Test("streams whose windows are open are not held up by one whose window is closed")
    func independentWindows() throws {
        let app = httpApp { _, _, send in try await send.answer(String(repeating: "x", count: 3000)) }
        try withHTTP2(app) { client in
            client.begin([(4, 1000)])
            client.send(.request(on: 1), .request(on: 3), .window(5000, on: 3))
            #expect(client.answer(on: 1).body.count == 1000 && !client.answer(on: 1).hasEnded)
            #expect(client.answer(on: 3).body.count == 3000 && client.answer(on: 3).hasEnded)
        }
    }

    @Test("frames are no larger than the client takes")
    func frameSize() throws {
        let app = httpApp { _, _, send in try await send.answer(String(repeating: "x", count: 50_000)) }
        try withHTTP2(app) { client in
            client.begin()
            client.send(.request(on: 1))
            #expect(client.answer(on: 1).body.count == 50_000 && client.answer(on: 1).dataFrames >= 4)
        }
    }

    @Test("a client that reads nothing makes the application wait, and memory is bounded")
    func slowReader() throws {
        let sent = Watched(0)
        let app = httpApp { _, _, send in
            try await send.start()
            for _ in 0..<1000 {
                try await send(.httpResponseBody(ByteBuffer(bytes: Self.piece), more: true))
                sent.add()
            }
            try await send.piece("", more: false)
        }
        try withHTTP2(app) { client in
            client.begin([(4, 1 << 30)])
            client.send(.window(1 << 30, on: 0))
            client.reads = false
            client.send(.request(on: 1))
            #expect(sent.value < 20 && client.unread < 256 << 10)
            client.reads = true
            client.run()
            client.run()
            #expect(client.answer(on: 1).body.count == 1000 * Self.piece.count)
        }
    }

    @Test("HEAD, 204 and 304 have no body, whatever the application sends", arguments: [("HEAD", 200), ("GET", 204), ("GET", 304)])
    func noBody(method: String, status: Int) throws {
        let app = httpApp { _, _, send in
            try await send.start(status)
            try await send.piece("some")
            try await send.piece("more", more: false)
        }
        try withHTTP2(app) { client in
            client.begin()
            let answer = client.ask(method, on: 1)
            #expect(answer.status == status && answer.body.isEmpty && answer.hasEnded && answer.reset == nil)
            #expect(client.ask(method, on: 3).hasEnded)
        }
    }

    @Test("an answer to HEAD says how long the body would be")
    func headLength() throws {
        try withHTTP2(Apps.hello) { client in
            client.begin()
            let answer = client.ask("HEAD", on: 1)
            #expect(answer.fields["content-length"] == "5" && answer.body.isEmpty && answer.hasEnded)
        }
    }

    @Test("a body that is larger than max_body_size is refused with 413, announced or not")
    func tooLarge() throws {
        try withHTTP2(Apps.echo, { $0.maxBodySize = 10 }) { client in
            client.begin()
            client.send(.request("POST", on: 1, ends: false, [("content-length", "11")]))
            #expect(client.answer(on: 1).status == 413 && client.answer(on: 1).hasEnded && client.answer(on: 1).reset == ServerAnswers.ErrorCode.none)
            client.send(.request("POST", on: 3, ends: false), .data("12345678901", on: 3))
            #expect(client.answer(on: 3).status == 413 && client.answer(on: 3).reset == ServerAnswers.ErrorCode.none)
            client.send(.request("POST", on: 5, ends: false), .data("1234567890", on: 5, ends: true))
            #expect(client.answer(on: 5).text == "1234567890")
        }
    }

    @Test("100 (Continue) is sent when the application wants the body of a client that waits for that")
    func expectContinue() throws {
        let gate = Gate()
        let app = httpApp { _, receive, send in
            await gate.opened()
            let body = try await receive.body()
            try await send.answer(body.map { String(buffer: $0) } ?? "none")
        }
        try withHTTP2(app) { client in
            client.begin()
            client.send(.request("POST", on: 1, ends: false, [("expect", "100-continue")]))
            #expect(client.answer(on: 1).interim.isEmpty)
            gate.open()
            client.run()
            #expect(client.answer(on: 1).interim == [100])
            client.send(.data("late", on: 1, ends: true))
            #expect(client.answer(on: 1).text == "late" && client.answer(on: 1).interim == [100])
        }
    }

    @Test("a response before the request's end is whole, and the client is told that it need not go on")
    func earlyResponse() throws {
        try withHTTP2(Apps.hello) { client in
            client.begin()
            client.send(.request("POST", on: 1, ends: false), .data("some", on: 1))
            let answer = client.answer(on: 1)
            #expect(answer.text == "hello" && answer.hasEnded && answer.reset == ServerAnswers.ErrorCode.none)
            // What is on its way is let be.
            client.send(.data("more", on: 1), .headers([("x", "y")], on: 1), .window(5, on: 1))
            #expect(client.isOpen && client.ask(on: 3).text == "hello")
        }
    }
}
