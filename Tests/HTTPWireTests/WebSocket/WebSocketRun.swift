import HTTPWire
import WebSocketCases

/// What a connection makes of bytes that arrive in pieces.
struct WebSocketRun: Equatable {
    var events: [WebSocketCase.Event] = []
    /// What it sent.
    var output: [UInt8] = []
    /// The reasons of failures, which a case does not tell.
    var reasons: [String] = []
    var state = WebSocketConnection.State.open

    /// Pieces end at `cuts`, which ascend and may lie beyond the end, and at the end.
    init(_ bytes: [UInt8], cuts: [Int], in connection: WebSocketConnection) {
        var buffer = WireBuffer()
        var offset = 0
        for cut in (cuts + [bytes.count]).map({ min($0, bytes.count) }) where cut > offset {
            receive(bytes.span.extracting(offset..<cut), in: connection, &buffer)
            offset = cut
        }
        output = buffer.array
        state = connection.state
    }

    /// Puts a case to a new connection.
    init(_ webSocketCase: WebSocketCase, cuts: [Int]) throws {
        self.init(webSocketCase.input, cuts: cuts, in: try webSocketCase.connection())
    }

    private mutating func receive(_ piece: Span<UInt8>, in connection: WebSocketConnection, _ buffer: inout WireBuffer) {
        var used = 0
        while used < piece.count {
            let (event, consumed) = connection.receive(piece.extracting(used..<piece.count), into: &buffer)
            used += consumed
            switch event {
            case .needMore: return
            case .message(.text): events.append(.text(String(decoding: connection.messageBytes, as: UTF8.self)))
            case .message(.binary): events.append(.binary(connection.messageBytes))
            case .ping(let payload): events.append(.ping(payload))
            case .pong(let payload): events.append(.pong(payload))
            case .closed(let code, let reason): events.append(.closed(code, reason))
            case .failed(let code, let reason):
                events.append(.failed(code))
                reasons.append(reason)
            }
        }
    }

    /// The frames that were sent; nil if that is not what was sent.
    var frames: [ServerFrame]? {
        var (rest, frames) = (output, [ServerFrame]())
        while !rest.isEmpty {
            guard let frame = ServerFrame.takeFirst(of: &rest) else { return nil }
            frames.append(frame)
        }
        return frames
    }
}

extension WebSocketConnection {
    func receive(_ bytes: [UInt8], _ buffer: inout WireBuffer) -> (event: WebSocketEvent, consumed: Int) {
        receive(bytes.span, into: &buffer)
    }

    var messageBytes: [UInt8] { withUnsafeMessageBytes { Array($0) } }
}

extension WebSocketCase {
    /// The connection that the case is for.
    func connection() throws -> WebSocketConnection {
        var limits = WebSocketLimits()
        limits.maxMessageSize = maxMessageSize
        guard let offer else { return WebSocketConnection(limits: limits) }
        let offers = try WebSocketOffer(["sec-websocket-extensions": offer]).extensions
        return WebSocketConnection(limits: limits, deflate: DeflateAgreement.accept(offers, DeflateSettings()))
    }

    /// Ways to cut the input: nowhere, everywhere, and in two at every place, or at some if there are many.
    var everyCut: [[Int]] {
        let step = max(1, input.count / 400)
        return [[], Array(1..<max(1, input.count))] + stride(from: 1, to: input.count, by: step).map { [$0] }
    }
}
