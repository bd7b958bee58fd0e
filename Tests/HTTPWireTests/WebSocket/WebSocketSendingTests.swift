import HTTPWire
import Testing
import WebSocketCases

/// The frames in a buffer; nil if it holds something else.
private func frames(_ buffer: borrowing WireBuffer) -> [ServerFrame]? {
    var (rest, frames) = (buffer.array, [ServerFrame]())
    while !rest.isEmpty {
        guard let frame = ServerFrame.takeFirst(of: &rest) else { return nil }
        frames.append(frame)
    }
    return frames
}

@Suite("A WebSocket's own side")
struct WebSocketSendingTests {
    @Test("sends a message in one frame with the shortest length", arguments: [(0, 2), (125, 2), (126, 4), (65535, 4), (65536, 10), (200_000, 10)])
    func lengths(_ count: Int, _ headSize: Int) {
        let connection = WebSocketConnection()
        var buffer = WireBuffer()
        let payload = (0..<count).map { UInt8($0 & 0x7F) }
        #expect(connection.send(.text, payload.span, into: &buffer))
        #expect(connection.beginMessage(.binary, length: count, into: &buffer))
        buffer.append(payload)
        #expect(buffer.readableBytes == 2 * (count + headSize))
        #expect(frames(buffer) == [ServerFrame(opcode: 1, payload: payload), ServerFrame(opcode: 2, payload: payload)])
    }

    @Test("closes with a code and a reason, then waits for the client's close and throws its messages away")
    func close() throws {
        let connection = WebSocketConnection()
        var buffer = WireBuffer()
        #expect(try connection.close(code: 1012, reason: "restart", into: &buffer))
        #expect(connection.state == .closing)
        #expect(frames(buffer) == [ServerFrame(opcode: 8, payload: [3, 244] + Array("restart".utf8))])
        #expect(try !connection.close(code: 1000, into: &buffer))
        #expect(!connection.send(.text, [1].span, into: &buffer))
        #expect(!connection.beginMessage(.text, length: 1, into: &buffer))
        let ping: [UInt8] = []
        #expect(!connection.sendPing(ping.span, into: &buffer))
        let size = buffer.readableBytes
        let late = clientText("a") + clientText("b", final: false) + clientFrame(9, [1]) + clientFrame(0, [0xFF], final: false) + clientFrame(10) + clientFrame(0) + clientClose(1000)
        for cuts in [[], Array(late.indices)] {
            let fresh = WebSocketConnection()
            try fresh.close(code: nil, into: &buffer)
            let run = WebSocketRun(late, cuts: cuts, in: fresh)
            #expect(run.events == [.closed(1000, "")])
            #expect(run.output == [])
            #expect(run.state == .closed)
        }
        buffer.truncate(to: size)
        #expect(connection.receive(clientClose(1000), &buffer).event == .closed(code: 1000, reason: ""))
        #expect(connection.state == .closed)
        #expect(buffer.readableBytes == size)
    }

    @Test("throws away a message of any size and its half when it closes amid it")
    func closeAmidMessage() throws {
        var limits = WebSocketLimits()
        limits.maxMessageSize = 10
        let connection = WebSocketConnection(limits: limits, deflate: DeflateAgreement())
        var buffer = WireBuffer()
        #expect(connection.receive(clientFrame(1, [0xE2, 0x82], final: false), &buffer).event == .needMore)
        #expect(connection.isMessageUnderWay)
        try connection.close(code: 1001, into: &buffer)
        let sent = buffer.readableBytes
        let rest = clientFrame(0, [UInt8](repeating: 0xFF, count: 100)) + clientFrame(2, [1, 2, 3], reserved: 4) + clientFrame(8)
        #expect(connection.receive(rest, &buffer) == (.closed(code: nil, reason: ""), rest.count))
        #expect(buffer.readableBytes == sent)
    }

    @Test("sends no second close frame when the client breaks the protocol after the first")
    func failureWhileClosing() throws {
        let connection = WebSocketConnection()
        var buffer = WireBuffer()
        try connection.close(code: 1000, into: &buffer)
        let sent = buffer.readableBytes
        let event = connection.receive([0x83], &buffer).event
        guard case .failed(1002, _) = event else {
            Issue.record("\(event)")
            return
        }
        #expect(buffer.readableBytes == sent)
        #expect(connection.state == .closed)
    }

    @Test("cuts a reason at the end of a character")
    func longReasons() throws {
        for (reason, count) in [(String(repeating: "a", count: 200), 123), (String(repeating: "é", count: 100), 122), ("a" + String(repeating: "🦉", count: 50), 121), (String(repeating: "a", count: 123), 123)] {
            let connection = WebSocketConnection()
            var buffer = WireBuffer()
            try connection.close(code: 1000, reason: reason, into: &buffer)
            let frame = try #require(frames(buffer)?.first)
            #expect(frame.payload.count == 2 + count)
            #expect(String(validating: frame.payload.dropFirst(2), as: UTF8.self).map(reason.hasPrefix) == true)
        }
    }

    @Test("has no code that no close frame may hold", arguments: [UInt16(0), 999, 1004, 1005, 1006, 1015, 2999, 5000])
    func invalidCodes(_ code: UInt16) {
        let connection = WebSocketConnection()
        var buffer = WireBuffer()
        let error = #expect(throws: WebSocketConnection.InvalidCloseCode.self) { try connection.close(code: code, into: &buffer) }
        #expect(error?.code == code)
        #expect(buffer.readableBytes == 0)
        #expect(connection.state == .open)
    }

    @Test("answers only the latest ping while much output waits")
    func pingFlood() {
        var limits = WebSocketLimits()
        limits.pongBacklog = 20
        let connection = WebSocketConnection(limits: limits)
        var buffer = WireBuffer()
        let flood = (0..<200).flatMap { clientFrame(9, [$0, 0, 0, 0]) }
        var (used, pings) = (0, 0)
        while used < flood.count {
            let (event, consumed) = connection.receive(flood.span.extracting(used..<flood.count), into: &buffer)
            used += consumed
            if case .ping = event { pings += 1 }
        }
        #expect(pings == 200)
        #expect(frames(buffer)?.map(\.payload.first) == [0, 1, 2, 3])
        buffer.reset()
        connection.answerHeldPing(into: &buffer)
        connection.answerHeldPing(into: &buffer)
        #expect(frames(buffer)?.map(\.payload.first) == [199])
    }

    @Test("takes one message at a time, and gives its bytes until the next")
    func oneAtATime() {
        let connection = WebSocketConnection()
        var buffer = WireBuffer()
        let input = clientText("first") + clientText("second")
        let first = connection.receive(input, &buffer)
        #expect(first.event == .message(.text))
        #expect(first.consumed == 11)
        #expect(connection.messageBytes == Array("first".utf8))
        #expect(connection.takeMessage().array == Array("first".utf8))
        #expect(connection.messageBytes == [])
        let rest = Array(input[first.consumed...])
        let second = connection.receive(rest, &buffer)
        #expect(second.event == .message(.text))
        #expect(second.consumed == 12)
        #expect(connection.messageBytes == Array("second".utf8))
        connection.releaseMemory()
        #expect(connection.messageBytes == [])
    }

    @Test("keeps a message that has not arrived whole when memory is released")
    func releaseAmidMessage() {
        let connection = WebSocketConnection()
        var buffer = WireBuffer()
        #expect(connection.receive(clientText("a", final: false), &buffer).event == .needMore)
        connection.releaseMemory()
        #expect(connection.receive(clientFrame(0, [0x62]), &buffer).event == .message(.text))
        #expect(connection.messageBytes == Array("ab".utf8))
    }

    @Test("takes as many fragments as allowed, and not one more")
    func fragments() {
        var limits = WebSocketLimits()
        limits.maxFragments = 3
        limits.maxEmptyFragments = 1
        let (first, next, empty) = (clientText("a", final: false), clientFrame(0, [0x62], final: false), clientFrame(0, final: false))
        let last = clientFrame(0, [0x63])
        for (input, event) in [
            (first + next + last, .text("abc")), (first + next + next + last, .failed(1008)), (first + empty + last, .text("ac")), (first + empty + empty, .failed(1008)),
        ] as [([UInt8], WebSocketCase.Event)] {
            #expect(WebSocketRun(input, cuts: [], in: WebSocketConnection(limits: limits)).events == [event])
        }
    }

    @Test("reserves no more than a few times what has come, whatever a head claims")
    func claims() {
        var limits = WebSocketLimits()
        limits.maxMessageSize = 1 << 30
        let connection = WebSocketConnection(limits: limits)
        var buffer = WireBuffer()
        #expect(connection.receive([0x82, 0xFF, 0, 0, 0, 0, 0x3F, 0xFF, 0xFF, 0xFF, 0, 0, 0, 0, 1], &buffer).event == .needMore)
        #expect(connection.takeMessage().capacity <= 64 << 10)
    }

    @Test("writes frames as a client does, masked")
    func masked() {
        var buffer = WireBuffer()
        let payload = (0..<300).map { UInt8($0 & 0xFF) }
        for count in [0, 1, 7, 8, 31, 32, 33, 100, 300] {
            let part = Array(payload[..<count])
            buffer.appendFrame(.binary, part.span, mask: 0x3D21_FA37)
            #expect(buffer.array == clientFrame(2, part, mask: [0x37, 0xFA, 0x21, 0x3D]))
            buffer.reset()
        }
    }
}
