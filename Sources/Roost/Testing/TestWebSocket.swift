import HTTPWire
public import NIOCore
import Synchronization

/// The client's end of a WebSocket to an application under test, as a sequence of the messages that come.
///
/// ```swift
/// let socket = try await client.webSocket("/chat", subprotocols: ["chat"])
/// socket.send("hello")
/// #expect(try await socket.receive() == .text("hello"))
/// #expect(try await socket.close().code == 1000)
/// ```
///
/// Pings are answered within `receive`. The connection is closed when nothing refers to it any more.
public final class TestWebSocket: AsyncSequence, Sendable {
    private struct State {
        var reader: TestFrameReader
        var closure: WebSocketSession.Closure?
        var hasSentClose = false
    }

    /// The response that opened it, with status 101.
    public let response: TestResponse
    /// What it goes over: for frames that no right client sends.
    public let connection: TestConnection
    private let state: Mutex<State>

    init(_ response: TestResponse, on connection: TestConnection, rest: ByteBuffer) {
        self.response = response
        self.connection = connection
        state = Mutex(State(reader: TestFrameReader(rest)))
    }

    /// The subprotocol that the application chose; nil for none.
    public var subprotocol: String? { response.headers["sec-websocket-protocol"] }

    /// How the server closed it, once `receive` has returned nil: code 1005 if the close frame had none, 1006 if there was no close frame.
    public var closure: WebSocketSession.Closure? { state.withLock { $0.closure } }

    // MARK: Sending

    /// Sends a message in one frame.
    public func send(_ message: WebSocketMessage) {
        switch message {
        case .text(let text): send(.text, ByteBuffer(string: text))
        case .binary(let bytes): send(.binary, bytes)
        }
    }

    /// Sends a text.
    public func send(_ text: String) { send(.text(text)) }

    /// Sends bytes.
    public func send(_ bytes: ByteBuffer) { send(.binary(bytes)) }

    private func send(_ opcode: WebSocketOpcode, _ payload: ByteBuffer) {
        connection.send(TestFrame(opcode: opcode, payload: payload).encoded)
    }

    // MARK: Receiving

    /// The next message; nil once the server has closed the WebSocket or the connection. One call at a time.
    ///
    /// - Throws: `TestClientError.malformed` for what is no frame of a server's; what `TestConnection.receive` throws.
    public func receive() async throws -> WebSocketMessage? {
        while true {
            while closure == nil, let frame = try state.withLock({ state throws(TestClientError) in try state.reader.next() }) {
                if let message = try take(frame) { return message }
            }
            guard closure == nil else { return nil }
            guard let bytes = try await connection.receive() else {
                state.withLock { $0.closure = .init(code: Int(WebSocketCloseCode.abnormal), reason: "") }
                return nil
            }
            state.withLock { $0.reader.append(bytes) }
        }
    }

    public func makeAsyncIterator() -> Iterator { Iterator(socket: self) }

    public struct Iterator: AsyncIteratorProtocol {
        let socket: TestWebSocket

        /// The next message, as `receive` gives it.
        public mutating func next() async throws -> WebSocketMessage? { try await socket.receive() }
    }

    /// Returns the message, if the frame is one.
    private func take(_ frame: TestFrame) throws(TestClientError) -> WebSocketMessage? {
        switch frame.opcode {
        case .text: return .text(String(buffer: frame.payload))
        case .binary: return .binary(frame.payload)
        case .ping: send(.pong, frame.payload)
        case .pong: break
        case .close:
            var payload = frame.payload
            let code = payload.readInteger(as: UInt16.self) ?? WebSocketCloseCode.none
            state.withLock { $0.closure = .init(code: Int(code), reason: String(buffer: payload)) }
            sendClose(frame.payload)
        case .continuation: throw .malformed("a frame that continues no message")
        }
        return nil
    }

    // MARK: Closing

    /// Sends a close frame and waits for the server's; messages that come before it are dropped.
    ///
    /// - Parameters:
    ///   - code: what the application is told.
    ///   - reason: up to 123 bytes of UTF-8.
    /// - Returns: how the server closed it.
    @discardableResult
    public func close(code: Int = 1000, reason: String = "") async throws -> WebSocketSession.Closure {
        var payload = ByteBuffer(integer: UInt16(clamping: code))
        payload.writeString(reason)
        sendClose(payload)
        while try await receive() != nil {}
        return closure ?? .init(code: Int(WebSocketCloseCode.abnormal), reason: "")
    }

    /// Closes the connection without a close frame, as a client does that crashes.
    public func disconnect() { connection.disconnect() }

    private func sendClose(_ payload: ByteBuffer) {
        let isFirst = state.withLock { state in
            defer { state.hasSentClose = true }
            return !state.hasSentClose
        }
        if isFirst { send(.close, payload) }
    }
}
