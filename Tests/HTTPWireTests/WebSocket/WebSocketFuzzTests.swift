import HTTPWire
import SeededRandom
import Testing
import WebSocketCases

@Suite("Whatever a WebSocket's client sends")
struct WebSocketFuzzTests {
    /// Changes an input in up to four places.
    private static func mutate(_ bytes: [UInt8], _ generator: inout SeededGenerator) -> [UInt8] {
        var bytes = bytes
        for _ in 0..<Int.random(in: 0...4, using: &generator) {
            let offset = Int.random(in: 0...bytes.count, using: &generator)
            let end = min(bytes.count, offset + Int.random(in: 0...8, using: &generator))
            switch Int.random(in: 0..<4, using: &generator) {
            case 0: bytes.insert(UInt8.random(in: 0...255, using: &generator), at: offset)
            case 1: if offset < bytes.count { bytes[offset] ^= 1 << UInt8.random(in: 0..<8, using: &generator) }
            case 2: bytes.removeSubrange(offset..<end)
            default: bytes.insert(contentsOf: bytes[offset..<end], at: Int.random(in: 0...bytes.count, using: &generator))
            }
        }
        return bytes
    }

    @Test("is taken or refused, the same way however it is cut")
    func mutations() throws {
        var generator = SeededGenerator(seed: 5)
        let corpus = WebSocketCase.all.filter { $0.input.count < 3000 }
        var offered = WebSocketLimits()
        offered.maxMessageSize = 500
        offered.maxFragments = 6
        offered.maxEmptyFragments = 3
        let agreements = [nil, DeflateAgreement()]
        var (failed, messages) = (0, 0)
        for _ in 0..<fuzzIterations {
            let parts = (0..<Int.random(in: 1...3, using: &generator)).flatMap { _ in corpus.randomElement(using: &generator)?.input ?? [] }
            let bytes = Self.mutate(parts, &generator)
            let agreement = agreements.randomElement(using: &generator) ?? nil
            let whole = WebSocketRun(bytes, cuts: [], in: WebSocketConnection(limits: offered, deflate: agreement))
            let cuts = (0..<Int.random(in: 1...5, using: &generator)).map { _ in Int.random(in: 0...bytes.count, using: &generator) }.sorted()
            let pieces = WebSocketRun(bytes, cuts: cuts, in: WebSocketConnection(limits: offered, deflate: agreement))
            guard pieces == whole, whole.frames != nil else {
                Issue.record("\(bytes) cut at \(cuts): \(pieces), whole: \(whole)")
                return
            }
            failed += whole.reasons.count
            messages += whole.events.count - whole.reasons.count
        }
        #expect(failed > fuzzIterations / 100)
        #expect(messages > fuzzIterations / 100)
    }

    @Test("as compressed data decompresses within the limit, or fails")
    func compressedData() {
        var generator = SeededGenerator(seed: 6)
        var limits = WebSocketLimits()
        limits.maxMessageSize = 2000
        for _ in 0..<fuzzIterations / 5 {
            let bytes = (0..<3).flatMap { _ in
                clientFrame(
                    UInt8.random(in: 1...2, using: &generator), (0..<Int.random(in: 0...60, using: &generator)).map { _ in UInt8.random(in: 0...255, using: &generator) & UInt8.random(in: 0...255, using: &generator) },
                    reserved: 4
                )
            }
            let whole = WebSocketRun(bytes, cuts: [], in: WebSocketConnection(limits: limits, deflate: DeflateAgreement()))
            let single = WebSocketRun(bytes, cuts: Array(bytes.indices), in: WebSocketConnection(limits: limits, deflate: DeflateAgreement()))
            guard single == whole else {
                Issue.record("\(bytes): \(single), whole: \(whole)")
                return
            }
        }
    }
}
