import SeededRandom
import Testing

@testable import RoostHost

@Suite("Messages of workers")
struct WorkerMessageTests {
    private static let messages: [WorkerMessage] = [
        .started(addresses: ["127.0.0.1:8000", "unix:/run/ä.sock"]), .started(addresses: []), .started(addresses: [""]),
        .alive(WorkerReport()),
        .alive(WorkerReport(connections: 12, requestsInFlight: 3, requests: 1 << 40, silence: .milliseconds(31_250), silentLoop: "asyncio")),
        .alive(WorkerReport(connections: Int(Int32.max), requestsInFlight: Int(Int32.max), requests: 1 << 53, silence: .seconds(365 * 86_400))),
        .draining,
        .failed(status: 3, errno: nil, reason: "no database"), .failed(status: 5, errno: 98, reason: ""), .failed(status: 255, errno: 4095, reason: "a\nb"),
        .finished, .observed(WorkerObservation()),
        .observed(WorkerObservation(requests: [RequestStatus(id: "é\n", worker: 1, method: "GET", path: "/", client: nil, age: 1)])),
    ]

    /// What bytes give that arrive in pieces: messages, then why there are no more, if they are malformed.
    private struct Outcome: Equatable {
        var messages: [WorkerMessage] = []
        var error: MalformedWorkerMessage?
    }

    private static func parse(_ pieces: [some Collection<UInt8>]) -> Outcome {
        var parser = WorkerMessageParser()
        var outcome = Outcome()
        do throws(MalformedWorkerMessage) {
            for piece in pieces {
                parser.append(piece)
                while let message = try parser.next() { outcome.messages.append(message) }
            }
            try parser.finish()
        } catch {
            outcome.error = error
        }
        return outcome
    }

    private static func raw(_ kind: UInt8, _ payload: [UInt8], length: Int? = nil) -> [UInt8] {
        let length = length ?? payload.count
        return [kind] + (0..<4).reversed().map { UInt8(length >> ($0 * 8) & 0xFF) } + payload
    }

    private static func eight(_ number: UInt64) -> [UInt8] {
        (0..<8).reversed().map { UInt8(number >> ($0 * 8) & 0xFF) }
    }

    @Test("are read as they were written")
    func roundTrip() {
        for message in Self.messages { #expect(Self.parse([message.encoded()]) == Outcome(messages: [message])) }
        #expect(Self.parse([Self.messages.flatMap { $0.encoded() }]) == Outcome(messages: Self.messages))
    }

    @Test("may arrive byte by byte, or cut in two anywhere")
    func splits() {
        let bytes = Self.messages.flatMap { $0.encoded() }
        #expect(Self.parse(bytes.map { [$0] }) == Outcome(messages: Self.messages))
        for cut in bytes.indices { #expect(Self.parse([bytes[..<cut], bytes[cut...]]) == Outcome(messages: Self.messages), "cut at \(cut)") }
    }

    @Test("that stop in the middle are found to be cut off")
    func truncated() {
        for message in Self.messages {
            let bytes = message.encoded()
            for end in 1..<bytes.count { #expect(Self.parse([bytes[..<end]]).error?.reason == "it ends after \(end) bytes") }
        }
    }

    @Test("have a layout that stays")
    func layout() {
        #expect(WorkerMessage.started(addresses: ["a:1", "b"]).encoded() == Self.raw(1, [0, 3, 0x61, 0x3A, 0x31, 0, 1, 0x62]))
        let report = WorkerReport(connections: 1, requestsInFlight: 2, requests: 259, silence: .milliseconds(4), silentLoop: "l")
        #expect(WorkerMessage.alive(report).encoded() == Self.raw(2, Self.eight(1) + Self.eight(2) + Self.eight(259) + Self.eight(4) + [0x6C]))
        #expect(WorkerMessage.draining.encoded() == [3, 0, 0, 0, 0])
        #expect(WorkerMessage.failed(status: 5, errno: 98, reason: "x").encoded() == Self.raw(4, [5, 0, 0, 0, 98, 0x78]))
        #expect(WorkerMessage.finished.encoded() == [5, 0, 0, 0, 0])
    }

    @Test(
        "that are none are refused, with a reason",
        arguments: [
            ([0], "there is no kind 0"),
            ([0x47, 0x45, 0x54], "there is no kind 71"),
            (raw(3, [], length: 65_537), "its 65537 bytes are more than the 65536 that are accepted"),
            (raw(6, [], length: 1_048_577), "its 1048577 bytes are more than the 1048576 that are accepted"),
            (raw(3, [], length: 0xFFFF_FFFF), "its 4294967295 bytes are more than the 65536 that are accepted"),
            (raw(3, [1]), "1 bytes are left over at its end"),
            (raw(6, Array("{}".utf8)), "what it tells of itself cannot be read"),
            (raw(6, []), "what it tells of itself cannot be read"),
            (raw(5, [1, 2]), "2 bytes are left over at its end"),
            (raw(1, [0]), "1 bytes are left for an address's length, which has 2"),
            (raw(1, [0, 2, 0x61]), "1 bytes are left for an address, which has 2"),
            (raw(1, [0, 1, 0xFF]), "an address is not UTF-8"),
            (raw(2, Array(repeating: 0, count: 31)), "7 bytes are left for the silence, which has 8"),
            (raw(2, eight(1 << 31)), "the number of connections is 2147483648, not 0 to 2147483647"),
            (raw(2, eight(.max)), "the number of connections is 18446744073709551615, not 0 to 2147483647"),
            (raw(2, eight(0) + eight(1 << 63)), "the number of requests in flight is 9223372036854775808, not 0 to 2147483647"),
            (raw(2, eight(0) + eight(0) + eight(1 << 53 + 1)), "the number of requests is 9007199254740993, not 0 to 9007199254740992"),
            (raw(2, eight(0) + eight(0) + eight(0) + eight(31_536_000_001)), "the silence is 31536000001, not 0 to 31536000000"),
            (raw(2, eight(0) + eight(0) + eight(0) + eight(0) + [0xC3]), "the silent loop's name is not UTF-8"),
            (raw(4, []), "0 bytes are left for the exit status, which has 1"),
            (raw(4, [0, 0, 0, 0, 0]), "the exit status is 0, not 1 to 255"),
            (raw(4, [3, 0, 0, 0x10, 0]), "the error number is 4096, not 0 to 4095"),
            (raw(4, [3, 0, 0, 0, 0, 0xED, 0xA0, 0x80]), "the reason is not UTF-8"),
        ] as [([UInt8], String)])
    func malformed(_ bytes: [UInt8], reason: String) {
        let expected = Outcome(messages: [.draining], error: MalformedWorkerMessage(reason))
        let bytes = WorkerMessage.draining.encoded() + bytes
        #expect(Self.parse([bytes]) == expected)
        #expect(Self.parse(bytes.map { [$0] }) == expected)
        #expect(MalformedWorkerMessage(reason).description == "malformed message: \(reason)")
    }

    @Test("are not looked for behind one that is malformed")
    func nothingMore() throws {
        var parser = WorkerMessageParser()
        parser.append([9])
        #expect(throws: MalformedWorkerMessage("there is no kind 9")) { try parser.next() }
        parser.append(WorkerMessage.finished.encoded())
        #expect(throws: MalformedWorkerMessage("there is no kind 9")) { try parser.next() }
        #expect(throws: MalformedWorkerMessage("there is no kind 9")) { try parser.finish() }
    }

    @Test("are cut off between two characters when their text is too long")
    func longText() throws {
        for (character, length) in [("x", 65_531), ("é", 65_530), ("€", 65_529), ("😀", 65_528)] {
            let outcome = Self.parse([WorkerMessage.failed(status: 3, errno: nil, reason: String(repeating: character, count: 70_000)).encoded()])
            let reason = String(repeating: character, count: length / character.utf8.count)
            #expect(outcome == Outcome(messages: [.failed(status: 3, errno: nil, reason: reason)]))
        }
        let loop = Self.parse([WorkerMessage.alive(WorkerReport(silentLoop: String(repeating: "é", count: 70_000))).encoded()])
        #expect(loop == Outcome(messages: [.alive(WorkerReport(silentLoop: String(repeating: "é", count: 32_752)))]))
    }

    @Test("leave out addresses that find no room")
    func manyAddresses() {
        let long = String(repeating: "a", count: 40_000)
        let tooLong = String(repeating: "b", count: 70_000)
        #expect(Self.parse([WorkerMessage.started(addresses: [long, tooLong, long, "c"]).encoded()]) == Outcome(messages: [.started(addresses: [long, "c"])]))
    }

    @Test("never hold numbers out of range, whatever is written")
    func clamped() {
        let wild = WorkerReport(connections: -1, requestsInFlight: .max, requests: .min, silence: .seconds(-1))
        let tame = WorkerReport(connections: 0, requestsInFlight: Int(Int32.max), requests: 0, silence: .zero)
        #expect(Self.parse([WorkerMessage.alive(wild).encoded()]) == Outcome(messages: [.alive(tame)]))
        let long = Self.parse([WorkerMessage.alive(WorkerReport(silence: .seconds(Int64.max))).encoded()])
        #expect(long == Outcome(messages: [.alive(WorkerReport(silence: .seconds(365 * 86_400)))]))
        for (status, errno) in [(Int32(0), Int32(-1)), (.min, 5000), (.max, .min)] {
            #expect(Self.parse([WorkerMessage.failed(status: status, errno: errno, reason: "").encoded()]).error == nil)
        }
    }

    @Test("made of random bytes are accepted or refused, the same way however they are cut")
    func fuzz() {
        var generator = SeededGenerator(seed: 7)
        var accepted = 0
        for _ in 0..<fuzzIterations {
            var bytes = (0..<Int.random(in: 1...3, using: &generator)).flatMap { _ in Self.messages.randomElement(using: &generator)?.encoded() ?? [] }
            for _ in 0..<Int.random(in: 0...3, using: &generator) {
                let offset = Int.random(in: 0..<bytes.count, using: &generator)
                switch Int.random(in: 0..<4, using: &generator) {
                case 0: bytes[offset] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
                case 1: bytes.insert(UInt8.random(in: 0...255, using: &generator), at: offset)
                case 2: bytes[offset] = [0, 1, 5, 0x7F, 0x80, 0xFF].randomElement(using: &generator) ?? 0
                default: if bytes.count > 1 { bytes.remove(at: offset) }
                }
            }
            let whole = Self.parse([bytes])
            let cut = Int.random(in: 0...bytes.count, using: &generator)
            guard Self.parse([bytes[..<cut], bytes[cut...]]) == whole else {
                Issue.record("\(bytes) cut at \(cut)")
                return
            }
            accepted += whole.messages.count
            for message in whole.messages {
                #expect(Self.parse([message.encoded()]) == Outcome(messages: [message]))
            }
        }
        #expect(accepted > fuzzIterations / 10)
    }
}
