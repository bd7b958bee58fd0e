import HTTPWire
import NIOCore

/// A WebSocket between an application and the wire that it was asked for on: the order of ASGI's events, what waits for either side, and time.
///
/// Used on its exchange's loop only. Exclusivity is not checked at run time for what changes with each message: no method calls out while it
/// changes one of these.
final class WebSocketLink {
    private enum Stage {
        /// The application has neither accepted nor refused.
        case connecting
        case open
        /// The application refuses with a response of its own.
        case denying
        /// Nothing comes or goes any more.
        case ended
    }

    /// Above so many bytes of messages that the application has not taken nothing more is taken from the client.
    private static let waitingLimit = 64 << 10
    /// What a message counts for beyond its bytes, so that empty ones count too.
    private static let messageCost = 64
    /// How long the client has to answer a close frame.
    private static let closeTimeout = Nanoseconds(.seconds(10))

    let offer: WebSocketOffer
    private let shared: LoopContext
    /// Invariant: the exchange owns its link.
    private unowned(unsafe) let exchange: Exchange
    @exclusivity(unchecked) private var stage = Stage.connecting
    /// Invariant: the exchange's wire, which lets go of the exchange before it goes. Nil unless the WebSocket is open.
    @exclusivity(unchecked) private unowned(unsafe) var wire: (any WebSocketWire)?
    @exclusivity(unchecked) private var connection: WebSocketConnection?
    /// Frames on their way to the wire.
    @exclusivity(unchecked) private var frames = WireBuffer()
    /// What came from the client and is yet to be parsed.
    @exclusivity(unchecked) private var held: [UInt8] = []
    @exclusivity(unchecked) private var isParsing = false
    /// Messages that wait for the application.
    @exclusivity(unchecked) private var messages: [WebSocketMessage] = []
    @exclusivity(unchecked) private var waitingBytes = 0
    private var isConnectDelivered = false
    /// With what code and reason the WebSocket was closed; nil while it is not.
    private(set) var closure: (code: UInt16, reason: String)?
    @exclusivity(unchecked) private(set) var sentBytes = 0
    /// When the client last sent something.
    @exclusivity(unchecked) private var heardFrom: MonotonicTime
    /// Since when the answer to a ping is waited for.
    private var pinged: MonotonicTime?
    /// Since when the client's close frame is waited for.
    private var closing: MonotonicTime?

    init(_ offer: WebSocketOffer, for exchange: Exchange) {
        self.offer = offer
        self.exchange = exchange
        shared = exchange.shared
        heardFrom = shared.loop.now
    }

    /// Whether the application has neither accepted nor refused.
    var isConnecting: Bool { if case .connecting = stage { true } else { false } }
    var isOpen: Bool { if case .open = stage { true } else { false } }

    // MARK: The application's side

    /// The next event for the application, but for the last one; nil if it has to wait.
    func nextEvent() -> ASGIReceiveEvent? {
        if !isConnectDelivered {
            isConnectDelivered = true
            return .websocketConnect
        }
        guard !messages.isEmpty else { return nil }
        let message = messages.removeFirst()
        let wasFull = !wantsBytes
        waitingBytes -= message.byteCount + Self.messageCost
        if wasFull, waitingBytes < Self.waitingLimit {
            // It was not listened to meanwhile, and so is not late.
            heardFrom = shared.loop.now
            pinged = nil
            parseHeld()
            wire?.webSocketWantsBytes()
        }
        return .websocketReceive(message)
    }

    /// The event that says that nothing more comes.
    var disconnectEvent: ASGIReceiveEvent {
        .websocketDisconnect(code: Int(closure?.code ?? WebSocketCloseCode.abnormal), reason: closure?.reason ?? "")
    }

    /// Accepts: from here on messages go both ways.
    func accept(subprotocol: String?, headers: Headers, on exchangeWire: (any ExchangeWire)?) throws(ASGIError) {
        guard isConnecting else { throw .unexpectedEvent("websocket.accept was sent a second time, or after the WebSocket was refused") }
        if let subprotocol, !offer.subprotocols.contains(subprotocol) {
            throw .invalidResponse("the subprotocol \(subprotocol.debugDescription) is none of those that the client offers")
        }
        guard let exchangeWire else {
            stage = .ended
            return
        }
        let settings = DeflateSettings()
        let deflate = shared.webSocketDeflates ? DeflateAgreement.accept(offer.extensions, settings) : nil
        let wire = try exchangeWire.accept(WebSocketAcceptance(subprotocol: subprotocol, deflate: deflate, headers: headers))
        connection = WebSocketConnection(limits: shared.webSocketLimits, deflate: deflate, settings: settings)
        self.wire = wire
        stage = .open
        shared.status.webSocketOpened()
        heardFrom = shared.loop.now
        wire.webSocketIsOpen(self)
        parseHeld()
    }

    /// Notes that the application refuses with a response.
    func deny() throws(ASGIError) {
        switch stage {
        case .connecting: stage = .denying
        case .denying: break
        case .open, .ended: throw .unexpectedEvent("websocket.http.response.start was sent after websocket.accept")
        }
    }

    /// Sends a message whose bytes are the caller's, text as UTF-8; false if the application should wait for room before it sends more.
    func send(_ kind: WebSocketMessageKind, _ bytes: Span<UInt8>) throws(ASGIError) -> Bool {
        guard !isConnecting, !isDenying else { throw Self.notAccepted }
        guard let connection, let wire else { return true }
        if bytes.count > OutputQueue.copyLimit, !connection.compresses(length: bytes.count) {
            guard connection.beginMessage(kind, length: bytes.count, into: &frames) else { return true }
            writeFrames()
            wire.write(payload: bytes.withUnsafeBytes { ByteBuffer(bytes: $0) })
        } else {
            guard connection.send(kind, bytes, into: &frames) else { return true }
            writeFrames()
        }
        sentBytes += bytes.count
        return wire.hasRoom
    }

    private static let notAccepted = ASGIError.unexpectedEvent("websocket.send was sent before websocket.accept")

    /// Sends a message; false if the application should wait for room before it sends more.
    func send(_ message: WebSocketMessage) throws(ASGIError) -> Bool {
        guard !isConnecting, !isDenying else { throw Self.notAccepted }
        guard let connection, let wire else { return true }
        switch message {
        case .text(var text):
            // The closure gets the string's own bytes.
            text.withUTF8 { _ = connection.send(.text, $0.span, into: &frames) }
            sentBytes += text.utf8.count
        case .binary(let bytes):
            if bytes.readableBytes > OutputQueue.copyLimit, !connection.compresses(length: bytes.readableBytes) {
                guard connection.beginMessage(.binary, length: bytes.readableBytes, into: &frames) else { return true }
                writeFrames()
                wire.write(payload: bytes)
            } else {
                _ = connection.send(.binary, bytes.readableBytesUInt8Span, into: &frames)
            }
            sentBytes += bytes.readableBytes
        }
        writeFrames()
        return wire.hasRoom
    }

    private var isDenying: Bool { if case .denying = stage { true } else { false } }

    /// Closes, after `accept`. What the client still sends is not for the application any more.
    ///
    /// - Parameter keepsMessages: whether the application is still to get what came before.
    func close(code: UInt16, reason: String, keepsMessages: Bool = false) throws(ASGIError) {
        guard let connection, closure == nil else { return }
        do {
            guard try connection.close(code: code, reason: reason, into: &frames) else { return }
        } catch {
            throw .invalidResponse("\(error)")
        }
        closure = (code, reason)
        closing = shared.loop.now
        if !keepsMessages {
            messages = []
            waitingBytes = 0
        }
        writeFrames()
        parseHeld()
        wire?.webSocketWantsBytes()
        exchange.webSocketChanged()
    }

    /// Notes that the application has returned or thrown while the WebSocket was open.
    func applicationEnded(failed: Bool) {
        // Codes that are valid are not refused.
        try? close(code: failed ? WebSocketCloseCode.internalError : WebSocketCloseCode.normal, reason: "")
    }

    // MARK: The wire's side

    /// Whether more bytes are wanted of the client.
    var wantsBytes: Bool { held.isEmpty && hasRoomForMessages }

    /// Once the WebSocket is closing, messages are none of the application's business, and take no room.
    private var hasRoomForMessages: Bool { waitingBytes < Self.waitingLimit || closing != nil }

    /// Takes bytes of the client.
    func received(_ bytes: Span<UInt8>) {
        heardFrom = shared.loop.now
        pinged = nil
        guard wantsBytes, !isParsing else { return bytes.withUnsafeBufferPointer { held.append(contentsOf: $0) } }
        let used = parse(bytes)
        if used < bytes.count { bytes.extracting(used..<bytes.count).withUnsafeBufferPointer { held.append(contentsOf: $0) } }
    }

    private func parseHeld() {
        guard !held.isEmpty, !isParsing else { return }
        let bytes = held
        held = []
        let used = parse(bytes.span)
        if used < bytes.count { held = bytes[used...] + held }
    }

    private func parse(_ bytes: Span<UInt8>) -> Int {
        // Before the WebSocket is open everything waits.
        guard let connection else { return 0 }
        isParsing = true
        defer { isParsing = false }
        var used = 0
        while used < bytes.count, hasRoomForMessages, isOpen {
            let (event, consumed) = connection.receive(bytes.extracting(used..<bytes.count), into: &frames)
            used += consumed
            switch event {
            case .needMore, .ping, .pong: break
            case .message(let kind): take(kind, of: connection)
            case .closed(let code, let reason): end(code: code ?? WebSocketCloseCode.none, reason: reason, connection)
            case .failed(let code, let reason):
                shared.logRejection("WebSocket: \(reason)", status: 0, exchange.outcomeMetadata)
                end(code: code, reason: reason, connection)
            }
        }
        writeFrames()
        return isOpen ? used : bytes.count
    }

    private func take(_ kind: WebSocketMessageKind, of connection: WebSocketConnection) {
        let message: WebSocketMessage = connection.withUnsafeMessageBytes { bytes in
            switch kind {
            case .text: .text(String(decoding: bytes, as: UTF8.self))
            case .binary: .binary(ByteBuffer(bytes: bytes))
            }
        }
        messages.append(message)
        waitingBytes += message.byteCount + Self.messageCost
        exchange.webSocketChanged()
    }

    /// The close handshake is over, or given up.
    private func end(code: UInt16, reason: String, _ connection: WebSocketConnection) {
        if closure == nil { closure = (code, reason) }
        writeFrames()
        becomeEnded()
        exchange.webSocketEnded()
        wire = nil
    }

    private func becomeEnded() {
        if isOpen { shared.status.webSocketEnded() }
        stage = .ended
    }

    private func writeFrames() {
        guard frames.readableBytes > 0 else { return }
        guard let wire else { return frames.reset() }
        frames.withUnsafeReadableBytes { wire.write(frames: $0.bindMemory(to: UInt8.self).span) }
        frames.reset(keepingCapacity: frames.capacity <= Self.waitingLimit)
    }

    /// Notes that output was written.
    func wrote() {
        connection?.answerHeldPing(into: &frames)
        writeFrames()
    }

    /// Notes that the wire is gone.
    func wireGone() {
        if closure == nil { closure = (WebSocketCloseCode.abnormal, "") }
        // An application that has not answered yet may do so, for nobody.
        if isOpen { becomeEnded() }
        wire = nil
        messages = []
        waitingBytes = 0
        held = []
    }

    /// The server stops, or begins anew with other processes: who comes again meets them.
    func drain() {
        try? close(code: WebSocketCloseCode.serviceRestart, reason: "", keepsMessages: true)
    }

    // MARK: Time

    /// When `deadlineReached` is to be called.
    var deadline: MonotonicTime {
        guard isOpen else { return .distantFuture }
        if let closing { return closing.advanced(by: Self.closeTimeout) }
        // A client that is not listened to cannot be heard.
        guard wantsBytes else { return .distantFuture }
        if let pinged { return pinged.advanced(by: shared.webSocketPingTimeout) }
        return heardFrom.advanced(by: shared.webSocketPingInterval)
    }

    func deadlineReached() {
        guard let connection, isOpen, deadline <= shared.loop.now else { return }
        if closing != nil {
            end(code: WebSocketCloseCode.abnormal, reason: "", connection)
        } else if pinged != nil {
            shared.logRejection("WebSocket: no answer to a ping (websocket_ping_timeout)", status: 0, exchange.outcomeMetadata)
            _ = try? connection.close(code: WebSocketCloseCode.internalError, reason: "keepalive ping timeout", into: &frames)
            end(code: WebSocketCloseCode.abnormal, reason: "keepalive ping timeout", connection)
        } else {
            pinged = shared.loop.now
            connection.sendPing([UInt8]().span, into: &frames)
            writeFrames()
        }
    }
}

/// How a WebSocket is accepted.
struct WebSocketAcceptance {
    let subprotocol: String?
    let deflate: DeflateAgreement?
    let headers: Headers
}

/// The wire of an open WebSocket, as the link sees it.
protocol WebSocketWire: AnyObject {
    /// Whether an application that sends should send more now.
    var hasRoom: Bool { get }
    /// Notes that frames may be handed in from now on.
    func webSocketIsOpen(_ link: WebSocketLink)
    /// Puts frames on the wire.
    func write(frames: Span<UInt8>)
    /// Puts the payload of a frame on the wire whose head is there.
    func write(payload: ByteBuffer)
    /// More may be read.
    func webSocketWantsBytes()
}
