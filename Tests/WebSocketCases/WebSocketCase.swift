/// What a WebSocket server must make of bytes that a client sends.
///
/// The cases know no implementation, so that they can be put to the state machine and to a server behind a socket alike. All of `input` is sent at once or
/// in any pieces; the outcome is the same.
package struct WebSocketCase: Sendable, CustomStringConvertible {
    /// What the server must notice, in this order.
    package enum Event: Sendable, Equatable {
        case text(String)
        case binary([UInt8])
        /// It must be answered with a pong of the same payload, before anything that comes later is.
        case ping([UInt8])
        case pong([UInt8])
        /// A close frame came; a close frame with the same code is the answer, and the last thing that is sent.
        case closed(UInt16?, String)
        /// The client broke a rule; a close frame with this code is the answer, and the last thing that is sent.
        case failed(UInt16)
    }

    package let group: String
    package let name: String
    /// What the client offers in `Sec-WebSocket-Extensions`; nil for nothing.
    package let offer: String?
    /// The largest message that the server is to take.
    package let maxMessageSize: Int
    package let input: [UInt8]
    package let events: [Event]

    package var description: String { "\(group): \(name)" }

    /// What the server sends while nothing but the protocol makes it do so: pongs and a close frame.
    package var answers: [ServerFrame] {
        events.compactMap { event in
            switch event {
            case .text, .binary, .pong: nil
            case .ping(let payload): ServerFrame(opcode: 10, payload: payload)
            case .closed(let code, _): ServerFrame(opcode: 8, payload: code.map { [UInt8($0 >> 8), UInt8($0 & 0xFF)] } ?? [])
            case .failed(let code): ServerFrame(opcode: 8, payload: [UInt8(code >> 8), UInt8(code & 0xFF)])
            }
        }
    }

    /// The size of the largest message where a case says nothing of it.
    package static let usualMaxMessageSize = 1 << 20

    init(
        _ group: String, _ name: String, offer: String? = nil, maxMessageSize: Int = usualMaxMessageSize, _ input: [[UInt8]], _ events: Event...
    ) {
        self.init(group, name, offer: offer, maxMessageSize: maxMessageSize, input, events: events)
    }

    init(_ group: String, _ name: String, offer: String? = nil, maxMessageSize: Int = usualMaxMessageSize, _ input: [[UInt8]], events: [Event]) {
        self.group = group
        self.name = name
        self.offer = offer
        self.maxMessageSize = maxMessageSize
        self.input = Array(input.joined())
        self.events = events
    }

    /// All cases.
    package static let all =
        framing + reserved + lengths + control + fragmentation + encoding + closing + closeCodes + limits + compression
}
