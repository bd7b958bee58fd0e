public import HTTPWire
public import NIOCore
import Synchronization

/// An open WebSocket as a sequence of messages, over the events that ASGI has for it.
///
/// ```swift
/// case .websocket(let scope):
///     let socket = try await WebSocketSession.accept(scope, receive, send)
///     for try await message in socket { try await socket.send(message) }
/// ```
///
/// The sequence ends when the WebSocket is closed, by either side; `closure` says how. It closes with 1000 when the application returns, and with 1011 when
/// it throws.
public final class WebSocketSession: AsyncSequence, Sendable {
    /// How a WebSocket was closed.
    public struct Closure: Sendable, Hashable {
        /// As in RFC 6455 section 7.4; 1005 if the close frame had none, 1006 if there was no close frame.
        public let code: Int
        public let reason: String
    }

    /// What the WebSocket was asked for with.
    public let scope: WebSocketScope
    /// The subprotocol that is spoken; nil for none.
    public let subprotocol: String?
    private let receive: ASGIReceive
    private let sendEvent: ASGISend
    private let ended = Mutex<Closure?>(nil)

    private init(_ scope: WebSocketScope, _ receive: ASGIReceive, _ send: ASGISend, subprotocol: String?) {
        self.scope = scope
        self.receive = receive
        sendEvent = send
        self.subprotocol = subprotocol
    }

    /// Opens the WebSocket that a client asks for.
    ///
    /// - Parameters:
    ///   - subprotocols: those that the application speaks, the one it likes best first; the first that the client offers is spoken, or none.
    ///   - headers: fields for the handshake's response, such as cookies.
    /// - Throws: `ASGIError`; `ClientGone` if the client did not wait.
    public static func accept(
        _ scope: WebSocketScope, _ receive: ASGIReceive, _ send: ASGISend, subprotocols: [String] = [], headers: Headers = [:]
    ) async throws -> WebSocketSession {
        guard case .websocketConnect = try await receive() else { throw ClientGone() }
        let offered = scope.subprotocols
        let subprotocol = subprotocols.first { offered.contains($0) }
        try await send(.websocketAccept(subprotocol: subprotocol, headers: headers))
        return WebSocketSession(scope, receive, send, subprotocol: subprotocol)
    }

    /// Refuses a client that asks for a WebSocket, with an empty response.
    public static func refuse(_ receive: ASGIReceive, _ send: ASGISend, status: Int = 403, headers: Headers = [:]) async throws {
        guard case .websocketConnect = try await receive() else { return }
        try await send(.websocketHTTPResponseStart(status: status, headers: headers))
        try await send(.websocketHTTPResponseBody())
    }

    /// The client of a WebSocket went before it was open.
    public struct ClientGone: Error {}

    /// How the WebSocket was closed; nil while the sequence goes on.
    public var closure: Closure? { ended.withLock(\.self) }

    /// Sends a message; waits while the client is slower than the application. Does nothing once the WebSocket is closed.
    public nonisolated(nonsending) func send(_ message: WebSocketMessage) async throws { try await sendEvent(.websocketSend(message)) }

    /// Sends a text.
    public nonisolated(nonsending) func send(_ text: String) async throws { try await sendEvent(.websocketSend(.text(text))) }

    /// Sends bytes.
    public nonisolated(nonsending) func send(_ bytes: ByteBuffer) async throws { try await sendEvent(.websocketSend(.binary(bytes))) }

    /// Closes the WebSocket.
    ///
    /// - Parameters:
    ///   - code: 1000 to 1003, 1007 to 1014 or 3000 to 4999.
    ///   - reason: up to 123 bytes; what is longer is cut.
    public nonisolated(nonsending) func close(code: Int = 1000, reason: String = "") async throws {
        try await sendEvent(.websocketClose(code: code, reason: reason))
    }

    public func makeAsyncIterator() -> Iterator { Iterator(session: self) }

    public struct Iterator: AsyncIteratorProtocol {
        let session: WebSocketSession

        /// The next message; nil once the WebSocket is closed.
        public mutating func next() async throws -> WebSocketMessage? { try await session.next() }
    }

    private nonisolated(nonsending) func next() async throws -> WebSocketMessage? {
        switch try await receive() {
        case .websocketReceive(let message): return message
        case .websocketDisconnect(let code, let reason):
            ended.withLock { $0 = Closure(code: code, reason: reason) }
            return nil
        default: return nil
        }
    }
}
