import HTTPWire
import NIOCore
import Testing

@testable import Roost

@Suite("What clients of HTTP/2 can cost")
struct HTTP2LimitTests {
    private typealias GoAway = ServerAnswers.GoAway

    /// Answers `/`; leaves all else waiting.
    private static let app = httpApp { scope, _, send in
        if scope.rawPath == "/" { return try await send.answer("hello") }
        try await Task.sleep(for: .seconds(600))
    }
    private static let configure: @Sendable (inout Config) -> Void = {
        $0.disconnectGrace = .zero
        $0.h2MaxResets = 20
        $0.h2MaxControlFrames = 50
    }

    /// Whether the connection ended with this code, was said to in at most a few lines, and holds nothing.
    private func expectEnd(_ client: MemoryHTTP2, _ log: LogCapture, _ code: ServerAnswers.ErrorCode, sourceLocation: SourceLocation = #_sourceLocation) {
        #expect(client.answers.goAways.last?.code == code && !client.isOpen, "\(client.answers.goAways) \(log.lines.suffix(1))", sourceLocation: sourceLocation)
        #expect(log.lines.filter { $0.message.hasPrefix("request refused") }.count <= 12, sourceLocation: sourceLocation)
        #expect(client.context.exchangeCount <= 100, sourceLocation: sourceLocation)
        #expect(client.unread == 0, sourceLocation: sourceLocation)
    }

    private func attack(_ code: ServerAnswers.ErrorCode, _ frames: (Int) -> [ClientFrame], count: Int = 2000, _ sourceLocation: SourceLocation = #_sourceLocation) throws {
        let log = LogCapture()
        try withHTTP2(Self.app, log: log, Self.configure) { client in
            client.begin()
            for round in 0..<count where client.isOpen { client.send(frames(round).flatMap(\.bytes)) }
            expectEnd(client, log, code, sourceLocation: sourceLocation)
            client.scheduler.runAll()
            client.run()
        }
    }

    @Test("streams that are begun and reset again and again end the connection")
    func rapidReset() throws {
        try attack(.enhanceYourCalm, { [.request("GET", "/wait", on: UInt32($0 * 2 + 1)), .reset(on: UInt32($0 * 2 + 1))] })
    }

    @Test("requests that are malformed again and again do too")
    func malformed() throws {
        try attack(.enhanceYourCalm, { [.request("GET", "/", on: UInt32($0 * 2 + 1), [("Upper", "1")])] })
        try attack(.enhanceYourCalm, { [.request("GET", "/", on: UInt32($0 * 2 + 1), [("x", " y")])] })
    }

    @Test("more streams than the server takes are refused, and too many of them end the connection")
    func tooManyStreams() throws {
        let log = LogCapture()
        try withHTTP2(Self.app, log: log, { Self.configure(&$0); $0.h2MaxConcurrentStreams = 3 }) { client in
            client.begin()
            client.send(.request("GET", "/wait", on: 1), .request("GET", "/wait", on: 3), .request("GET", "/wait", on: 5), .request(on: 7))
            #expect(client.answer(on: 7).reset == .refusedStream && client.answer(on: 5).reset == nil)
            client.send(.reset(on: 3), .request(on: 9))
            #expect(client.answer(on: 9).text == "hello" && client.isOpen)
            client.send(.request("GET", "/wait", on: 11))
            for number in 6..<100 where client.isOpen { client.send(.request(on: UInt32(number * 2 + 1))) }
            expectEnd(client, log, .enhanceYourCalm)
            client.scheduler.runAll()
            client.run()
        }
    }

    @Test("what comes on a stream that is being refused ends nothing else")
    func bodyOfRefused() throws {
        try withHTTP2(Self.app, { Self.configure(&$0); $0.h2MaxConcurrentStreams = 1 }) { client in
            client.begin()
            client.send(.request("GET", "/wait", on: 1))
            client.send(.request("POST", "/", on: 3, ends: false), .data("x", on: 3), .data("y", on: 3, ends: true))
            client.send(.request("POST", "/", on: 5, ends: false, [("Upper", "1")]), .data("x", on: 5, ends: true))
            client.send(.data("under way", on: 3), .data("", on: 5, ends: true))
            #expect(client.answer(on: 3).reset == .refusedStream && client.answer(on: 5).reset == .protocolError && client.isOpen)
            client.scheduler.runAll()
        }
    }

    @Test("PING, SETTINGS and PRIORITY in great numbers end the connection", arguments: [
        ClientFrame.ping(), .settings(), .settings([(4, 1000)]), .priority(of: 7, on: 0), .settings([(1, 0)]),
    ])
    func controlFrames(frame: ClientFrame) throws {
        try attack(.enhanceYourCalm, { _ in [frame] })
    }

    @Test("empty DATA in great numbers ends the connection")
    func emptyData() throws {
        try attack(.enhanceYourCalm, { $0 == 0 ? [.request("POST", "/wait", on: 1, ends: false)] : [.data("", on: 1)] })
        try attack(.enhanceYourCalm, { $0 == 0 ? [.request("POST", "/wait", on: 1, ends: false)] : [ClientFrame(.data, .padded, on: 1, [2, 0, 0])] })
    }

    @Test("a head in very many frames ends the connection")
    func continuation() throws {
        let start = ClientFrame(.headers, on: 1, HTTP2Case.block)
        try attack(.enhanceYourCalm, { $0 == 0 ? [start] : [ClientFrame(.continuation, on: 1)] })
        try attack(.enhanceYourCalm, { $0 == 0 ? [start] : [ClientFrame(.continuation, on: 1, ClientFrame.block([("x", "1")]))] })
    }

    @Test("a head that is larger than h2_max_header_list_size ends the connection, in one frame or several")
    func largeHead() throws {
        let field = ClientFrame.block([("x", String(repeating: "y", count: 4000))])
        try attack(.enhanceYourCalm, { _ in
            [ClientFrame(.headers, .endStream, on: 1, HTTP2Case.block)]
                + (0..<4).map { _ in ClientFrame(.continuation, on: 1, field + field + field + field) } + [ClientFrame(.continuation, .endHeaders, on: 1, field)]
        }, count: 1)
    }

    @Test("a head that is larger than the parser takes is answered with 431")
    func headTooLarge() throws {
        try withHTTP2(Self.app) { client in
            client.begin()
            let fields = (0..<8).map { ("x\($0)", String(repeating: "y", count: 5000)) }
            let block = ClientFrame.block(HTTP2Case.line + fields)
            let half = block.count / 3
            client.send(
                ClientFrame(.headers, .endStream, on: 1, Array(block[..<half])), ClientFrame(.continuation, on: 1, Array(block[half..<2 * half])),
                ClientFrame(.continuation, .endHeaders, on: 1, Array(block[(2 * half)...])))
            #expect(client.answer(on: 1).status == 431 && client.isOpen)
            #expect(client.ask(on: 3, [("x", String(repeating: "y", count: 9000))]).status == 431)
            #expect(client.ask(on: 5, (0..<101).map { ("x\($0)", "") }).status == 431)
            #expect(client.ask("GET", "/" + String(repeating: "a", count: 9000), on: 7).status == 414)
            #expect(client.ask(on: 9).text == "hello")
        }
    }

    @Test("a connection keeps no storage of a large head, be it right or malformed", arguments: ["a", " b"])
    func storageOfHeads(value: String) throws {
        try withHTTP2(Self.app, { $0.requestLimits.fieldSize = 40_000; $0.requestLimits.headSize = 60_000 }) { client in
            client.begin()
            let block = ClientFrame.block(HTTP2Case.line + [("cookie", String(repeating: "c", count: 30_000)), ("x", value)])
            client.send(ClientFrame(.headers, .endStream, on: 1, Array(block.prefix(16_000))), ClientFrame(.continuation, .endHeaders, on: 1, Array(block.dropFirst(16_000))))
            #expect(value == "a" ? client.answer(on: 1).text == "hello" : client.answer(on: 1).reset == .protocolError)
            let head = try #require((client.connection as? HTTP2Connection)?.head)
            #expect(head.bytes.capacity == 0 && head.listSize == 0)
            #expect(client.ask(on: 3).text == "hello")
        }
    }

    @Test("a small head that unpacks into a huge one is not unpacked")
    func bomb() throws {
        // A field of 4000 bytes for the table, and a byte for each time that it comes again.
        let field: [UInt8] = [0x40] + ClientFrame.text("x") + ClientFrame.text(String(repeating: "y", count: 4000))
        try attack(.enhanceYourCalm, { _ in [ClientFrame(.headers, [.endHeaders, .endStream], on: 1, HTTP2Case.block + field + [UInt8](repeating: 0xBE, count: 10_000))] }, count: 1)
    }

    @Test("a client that sends and never reads is turned away, and what waits for it is bounded", arguments: [false, true])
    func unreadAnswers(pings: Bool) throws {
        try withHTTP2(Apps.hello, { $0.keepAliveMaxRequests = nil }) { client in
            client.begin()
            client.reads = false
            for number in 0..<20_000 where client.isOpen && client.connection.wantsRead {
                client.send(pings ? .ping() : .request(on: UInt32(number * 2 + 1)))
            }
            #expect(!client.isOpen || !client.connection.wantsRead)
            #expect(client.unread < 512 << 10 && client.context.exchangeCount <= 100)
        }
    }

    @Test("connection errors after the server has taken leave still end the connection with a code")
    func errorWhileLeaving() throws {
        try withHTTP2(Self.app) { client in
            client.begin()
            client.send(.request("GET", "/wait", on: 1))
            client.connection.drain()
            client.wait(.milliseconds(1100))
            #expect(client.isOpen)
            client.send(.data("x", on: 0))
            #expect(client.answers.goAways.last == GoAway(last: 1, code: .protocolError) && !client.isOpen)
            client.scheduler.runAll()
        }
    }
}
