import HTTPWire
import NIOCore

/// A connection whose two directions are buffers: drives a `WireConnection` as a socket's would, without a socket.
///
/// `@unchecked Sendable`: everything but the immutable properties is touched only on the transport's loop, where `TestConnection` brings each call.
final class InMemoryConnection: ConnectionTransport, LoopParticipant, @unchecked Sendable {
    /// What a client finds when it reads.
    enum Read: Sendable {
        case bytes(ByteBuffer)
        /// The server has closed the connection.
        case end
        /// The server has cut the connection, so that the client sees that something is missing.
        case reset
    }

    /// Above this many bytes that the client has not read, nothing more is taken from the server; as in a socket's buffer.
    private static let window = 64 << 10
    /// How much the server gets at once.
    private static let readSize = 64 << 10

    private let transport: PolledTransport
    private var connection: WireConnection
    /// Sent by the client and not yet read by the server.
    private var inbound = ByteBuffer()
    private var isInboundEnded = false
    /// Written by the server and not yet read by the client.
    private var outbound = ByteBuffer()
    /// How the connection has ended.
    private var end: Read?
    private var reader: ((Read) -> Void)?
    private var isNoted = false
    private var timerSetFor = MonotonicTime.distantFuture
    /// An open connection keeps itself: the exchange under way refers to it without owning it.
    private var itself: InMemoryConnection?

    /// On the transport's loop.
    init(_ transport: PolledTransport, origin: ConnectionOrigin) {
        self.transport = transport
        connection = transport.context.makeConnection(from: origin)
        connection.attach(to: self)
        itself = self
        setTimer()
    }

    // MARK: The client's side

    func send(_ bytes: ByteBuffer) {
        inbound.writeImmutableBuffer(bytes)
        feed()
    }

    func endSending() {
        isInboundEnded = true
        feed()
    }

    /// Ends the connection in both directions.
    func disconnect() {
        guard end == nil else { return }
        connection.peerGone()
        close(.end)
    }

    /// Calls `action` with what there is to read: at once, or when there is something.
    func read(_ action: @escaping (Read) -> Void) {
        reader = action
        resumeReader()
    }

    private func resumeReader() {
        guard let reader else { return }
        if outbound.readableBytes > 0 {
            let bytes = outbound
            outbound = ByteBuffer()
            self.reader = nil
            reader(.bytes(bytes))
            // There is room again.
            connectionChanged()
        } else if let end {
            self.reader = nil
            reader(end)
        }
    }

    // MARK: The server's side

    /// Gives the server what it wants to read.
    private func feed() {
        while end == nil, connection.wantsRead, let piece = inbound.readSlice(length: min(Self.readSize, inbound.readableBytes)), piece.readableBytes > 0 {
            // What is replaced meanwhile has to live until it returns.
            let receiver = connection
            receiver.received(piece.readableBytesUInt8Span)
        }
        if end == nil, isInboundEnded, inbound.readableBytes == 0, connection.wantsRead { connection.readEnded() }
        connectionChanged()
    }

    func connectionChanged() {
        guard !isNoted else { return }
        isNoted = true
        transport.loop.noteChange(of: self)
    }

    func settle() {
        isNoted = false
        guard end == nil else { return }
        takeOutput()
        switch connection.ending {
        case .open:
            if connection.wantsRead, inbound.readableBytes > 0 || isInboundEnded { feed() }
            setTimer()
        case .now(let reset):
            close(reset ? .reset : .end)
        case .afterOutput:
            if connection.output.isEmpty { close(.end) } else { setTimer() }
        }
        resumeReader()
    }

    func replaceConnection(with successor: WireConnection) {
        connection = successor
        successor.attach(to: self)
        connectionChanged()
    }

    private func takeOutput() {
        var hasWritten = false
        while !connection.output.isEmpty, outbound.readableBytes < Self.window {
            connection.output.gather()
            if connection.output.gathered.isEmpty, !connection.output.readFile() { return connection.peerGone() }
            connection.output.gathered.withUnsafeReadableBytes { bytes in
                _ = outbound.writeBytes(bytes.prefix(Self.window))
            }
            connection.output.gathered.consume(min(Self.window, connection.output.gathered.readableBytes))
            hasWritten = true
        }
        if connection.output.isEmpty { connection.releaseOutputStorage() }
        if hasWritten { connection.wrote() }
    }

    private func setTimer() {
        let deadline = connection.deadline
        guard deadline < timerSetFor else { return }
        timerSetFor = deadline
        transport.timers.schedule(at: deadline) { [weak self] in self?.timerFired(setFor: deadline) }
    }

    private func timerFired(setFor deadline: MonotonicTime) {
        // Otherwise an earlier timer has overtaken it.
        guard deadline == timerSetFor else { return }
        timerSetFor = .distantFuture
        guard end == nil else { return }
        if connection.deadline <= transport.loop.now { connection.deadlineReached() }
        connectionChanged()
    }

    private func close(_ end: Read) {
        guard self.end == nil else { return }
        self.end = end
        connection.closed()
        itself = nil
        resumeReader()
    }
}
