import HTTPWire
import NIOCore
import SeededRandom
import Testing

@testable import Roost

@Suite("HTTP/2 with what nobody means to send")
struct HTTP2FuzzTests {
    private static let app = httpApp { scope, receive, send in
        if scope.rawPath.hasPrefix("/echo") {
            guard let body = try await receive.body() else { return }
            try await send.answer(String(buffer: body))
        } else {
            try await send(.httpResponseStart(status: 200, headers: [:], trailers: true))
            try await send(.httpResponseBody(ByteBuffer(repeating: 1, count: 5000), more: true))
            try await send.piece("", more: false)
            try await send(.httpResponseTrailers(["x": "y"]))
        }
    }

    /// A frame of any kind, mostly as it should be.
    private static func frame(_ random: inout SeededGenerator) -> ClientFrame {
        let stream = UInt32.random(in: 0...9, using: &random)
        let ends = Bool.random(using: &random)
        let number = UInt32.random(in: 0...70_000, using: &random)
        switch Int.random(in: 0...13, using: &random) {
        case 0, 1, 2: return .request("GET", "/", on: stream | 1, ends: ends)
        case 3: return .request("POST", "/echo", on: stream | 1, ends: false, [("content-length", "\(number % 20)")])
        case 4, 5: return .data([UInt8](repeating: 7, count: Int(number % 3000)), on: stream, ends: ends)
        case 6: return .window(number, on: stream)
        case 7: return .reset(number % 16, on: stream)
        case 8: return .settings([(UInt16(number % 9), number)])
        case 9: return ClientFrame(.headers, ends ? .endStream : .endHeaders, on: stream, HTTP2Case.block)
        case 10: return ClientFrame(.continuation, ends ? .endHeaders : [], on: stream, ClientFrame.block([("x", "y")]))
        case 11: return .headers([("x-trailer", "1")], on: stream)
        case 12: return .goAway(last: stream)
        default:
            let payload = (0..<Int(number % 40)).map { _ in UInt8.random(in: 0...255, using: &random) }
            return ClientFrame(kind: UInt8.random(in: 0...11, using: &random), .init(rawValue: UInt8.random(in: 0...255, using: &random)), on: stream, payload)
        }
    }

    @Test("random frames never trap, nor leave an exchange behind", arguments: 0..<8 as Range<UInt64>)
    func frames(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<25 {
            try withHTTP2(Self.app, { $0.disconnectGrace = .zero }) { client in
                client.begin()
                for _ in 0..<Int.random(in: 1...60, using: &random) where client.isOpen {
                    client.reads = Int.random(in: 0...9, using: &random) > 0
                    client.send(Self.frame(&random).bytes)
                    if Int.random(in: 0...40, using: &random) == 0 { client.connection.drain() }
                    if Int.random(in: 0...80, using: &random) == 0 { client.connection.readEnded() }
                }
                client.reads = true
                client.run()
                client.connection.peerGone()
                client.run()
                client.scheduler.runAll()
                client.run()
                #expect(client.context.exchangeCount == 0)
            }
        }
    }

    @Test("bytes that were changed, lost or doubled on the way never trap", arguments: 100..<108 as Range<UInt64>)
    func mutations(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<40 {
            var bytes = ClientFrame.settings().bytes
            for _ in 0..<Int.random(in: 1...12, using: &random) { bytes += Self.frame(&random).bytes }
            for _ in 0..<Int.random(in: 1...6, using: &random) {
                let place = Int.random(in: 0..<bytes.count, using: &random)
                switch Int.random(in: 0...2, using: &random) {
                case 0: bytes[place] = UInt8.random(in: 0...255, using: &random)
                case 1 where bytes.count > 1: bytes.remove(at: place)
                default: bytes.insert(bytes[place], at: place)
                }
            }
            try withHTTP2(Self.app, { $0.disconnectGrace = .zero }) { client in
                client.send(ClientFrame.preface)
                var rest = bytes[...]
                while !rest.isEmpty, client.isOpen {
                    let piece = rest.prefix(Int.random(in: 1...200, using: &random))
                    client.send(Array(piece))
                    rest = rest.dropFirst(piece.count)
                }
                client.connection.peerGone()
                client.run()
                client.scheduler.runAll()
                client.run()
                #expect(client.context.exchangeCount == 0)
            }
        }
    }
}
