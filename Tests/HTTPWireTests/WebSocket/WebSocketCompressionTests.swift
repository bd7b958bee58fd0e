import HTTPWire
import SeededRandom
import Testing
import WebSocketCases

/// Two connections with the parts of client and server changed: what one sends is masked and given to the other, which decompresses it.
private struct Pair {
    let sender, receiver: WebSocketConnection

    init(_ agreement: DeflateAgreement, _ settings: DeflateSettings) {
        sender = WebSocketConnection(deflate: agreement, settings: settings)
        var mirrored = DeflateAgreement()
        mirrored.clientMaxWindowBits = agreement.serverMaxWindowBits
        mirrored.clientNoContextTakeover = agreement.serverNoContextTakeover
        receiver = WebSocketConnection(deflate: mirrored)
    }

    /// Sends a message; returns how it was framed, and what arrived.
    func send(_ message: [UInt8], cuts: [Int] = []) throws -> (frame: ServerFrame, arrived: [WebSocketCase.Event]) {
        var buffer = WireBuffer()
        sender.send(.binary, message.span, into: &buffer)
        var bytes = buffer.array
        let frame = try #require(ServerFrame.takeFirst(of: &bytes))
        #expect(bytes.isEmpty)
        let masked = clientFrame(frame.opcode, frame.payload, final: frame.isFinal, reserved: frame.isCompressed ? 4 : 0)
        return (frame, WebSocketRun(masked, cuts: cuts, in: receiver).events)
    }
}

@Suite("A compressed message")
struct WebSocketCompressionTests {
    /// Words, so that there is something to find again, at distances of up to about 40 KiB.
    private static func text(_ count: Int, _ generator: inout SeededGenerator) -> [UInt8] {
        let words = (0..<2000).map { "word\($0 * 7919 % 2003) " }
        var text: [UInt8] = []
        while text.count < count { text += Array((words.randomElement(using: &generator) ?? "").utf8) }
        return Array(text.prefix(count))
    }

    struct Parameters: Sendable {
        let bits: Int
        let alone: Bool
        let level: Int
    }

    private static let parameters = [9, 10, 12, 15].flatMap { bits in [false, true].flatMap { alone in [1, 3, 6, 9].map { Parameters(bits: bits, alone: alone, level: $0) } } }

    @Test("arrives as it was sent, with every window, takeover and level", arguments: parameters)
    func roundTrip(_ parameters: Parameters) throws {
        var agreement = DeflateAgreement()
        agreement.serverMaxWindowBits = parameters.bits
        agreement.serverNoContextTakeover = parameters.alone
        var settings = DeflateSettings()
        settings.level = parameters.level
        settings.threshold = 1
        let pair = Pair(agreement, settings)
        var generator = SeededGenerator(seed: 7)
        for count in [0, 1, 2, 60, 120, 124, 125, 126, 127, 128, 129, 1000, 70_000, 65_530, 200_000, 10] {
            let noise = (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
            for message in [Self.text(count, &generator), noise, [UInt8](repeating: 0x61, count: count)] {
                let (frame, arrived) = try pair.send(message, cuts: [1, 3, 100, 5000])
                guard frame.isCompressed == (count > 0), arrived == [.binary(message)] else {
                    Issue.record("\(count) bytes: compressed: \(frame.isCompressed), \(arrived.count) events")
                    return
                }
            }
        }
    }

    @Test("is smaller the second time, if what was sent before may be referred to")
    func takeover() throws {
        var generator = SeededGenerator(seed: 8)
        let message = (0..<500).map { _ in UInt8.random(in: 0...255, using: &generator) }
        for alone in [false, true] {
            var agreement = DeflateAgreement()
            agreement.serverNoContextTakeover = alone
            let pair = Pair(agreement, DeflateSettings())
            let first = try pair.send(message).frame.payload.count
            let second = try pair.send(message).frame.payload.count
            #expect(first > 490)
            #expect(alone ? second == first : second < 50)
        }
    }

    @Test("is one of at least the threshold's size")
    func threshold() throws {
        var settings = DeflateSettings()
        settings.threshold = 10
        let pair = Pair(DeflateAgreement(), settings)
        for (count, isCompressed) in [(0, false), (9, false), (10, true), (11, true)] {
            let message = [UInt8](repeating: 0x61, count: count)
            let (frame, arrived) = try pair.send(message)
            #expect(frame.isCompressed == isCompressed)
            #expect(pair.sender.compresses(length: count) == isCompressed)
            #expect(arrived == [.binary(message)])
        }
        #expect(!WebSocketConnection().compresses(length: 1 << 20))
        settings.threshold = 0
        #expect(!WebSocketConnection(deflate: DeflateAgreement(), settings: settings).compresses(length: 0))
    }

    @Test("may be as large as allowed once it is decompressed, and not a byte larger")
    func limit() throws {
        var limits = WebSocketLimits()
        limits.maxMessageSize = 1000
        for (count, code) in [(1000, nil), (1001, 1009)] as [(Int, UInt16?)] {
            let receiver = WebSocketConnection(limits: limits, deflate: DeflateAgreement())
            let frame = try Pair(DeflateAgreement(), DeflateSettings()).send([UInt8](repeating: 0x62, count: count)).frame
            let run = WebSocketRun(clientFrame(2, frame.payload, reserved: 4), cuts: [], in: receiver)
            #expect(run.events == [code.map { .failed($0) } ?? .binary([UInt8](repeating: 0x62, count: count))])
        }
    }
}
