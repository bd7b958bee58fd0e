import HTTPWire
import NIOCore
import NIOTLS

/// One connection over TLS: what comes is decrypted for a connection inside, which speaks what was agreed upon, and what that has to say is encrypted.
/// A PROXY header comes before the handshake.
final class TLSConnection: WireConnection, LoopParticipant {
    /// Encrypted output above which nothing more is taken from inside.
    private static let room = 64 << 10
    /// How much is encrypted at once.
    private static let piece = 64 << 10

    private var origin: ConnectionOrigin
    private var preamble: ProxyPreamble?
    private let contexts: TLSContexts
    private var pipeline: Pipeline?
    private var handler: TLSServerHandler?
    /// Speaks within TLS; nil until the handshake is over.
    private var inner: WireConnection?
    private var isNoted = false
    private var readHasEnded = false

    init(shared: LoopContext, origin: ConnectionOrigin, contexts: TLSContexts) {
        self.origin = origin
        self.contexts = contexts
        preamble = ProxyPreamble(origin.policy, from: origin.hop)
        super.init(shared: shared)
        if preamble == nil { beginHandshake() }
    }

    deinit { pipeline?.close() }

    private func beginHandshake() {
        let pipeline = Pipeline(on: shared.pipelineLoop, for: self)
        let handler = contexts.makeHandler()
        self.pipeline = pipeline
        self.handler = handler
        do {
            try pipeline.open([handler])
        } catch {
            shared.logger.error("TLS could not begin: \(error)")
            end(.now(reset: false))
        }
    }

    // MARK: What the transport acts on

    override var wantsRead: Bool {
        guard case .open = ending, !readHasEnded else { return false }
        return output.count < Self.room && inner?.wantsRead ?? true
    }

    override var isIdle: Bool { inner?.isIdle ?? true }

    override var deadline: MonotonicTime {
        let write = output.isEmpty ? MonotonicTime.distantFuture : mark.advanced(by: shared.limits.writeTimeout)
        guard let inner else { return min(write, handshakeDeadline) }
        return min(write, inner.deadline)
    }

    private var handshakeDeadline: MonotonicTime { mark.advanced(by: shared.isDraining ? Self.lastMoment : contexts.handshakeTimeout) }

    // MARK: What the transport tells

    override func received(_ bytes: Span<UInt8>) {
        guard preamble == nil else { return receivedPreamble(bytes) }
        var buffer = ByteBufferAllocator().buffer(capacity: bytes.count)
        buffer.writeBytes(bytes.bytes)
        pipeline?.receive(buffer)
        connectionChanged()
    }

    override func readEnded() {
        readHasEnded = true
        if let inner {
            inner.readEnded()
            connectionChanged()
        } else {
            end(.afterOutput(lingering: false))
        }
    }

    override func endIsNear() { inner?.endIsNear() }

    override func peerGone() {
        inner?.peerGone()
        end(.now(reset: false))
    }

    override func wrote() {
        // The handshake's time is counted from the accept.
        guard let inner else { return }
        mark = shared.loop.now
        guard !inner.output.isEmpty else { return }
        // The client takes what is before it, and so does not let it wait.
        inner.mark = mark
        if output.count < Self.lowWater { connectionChanged() }
    }

    override func deadlineReached() {
        let now = shared.loop.now
        if inner == nil, handshakeDeadline <= now {
            if !shared.isDraining { logRefusal("the TLS handshake was not over in time (ssl_handshake_timeout)") }
            return end(.now(reset: false))
        }
        if !output.isEmpty, mark.advanced(by: shared.limits.writeTimeout) <= now {
            // What waits inside waits as long, and knows whose it is.
            if let inner, !inner.output.isEmpty {
                inner.mark = mark
                inner.deadlineReached()
            } else {
                shared.logRejection("the client took nothing of its response for too long", status: 0, origin.metadata)
                inner?.peerGone()
                end(.now(reset: true))
            }
            return connectionChanged()
        }
        if let inner, inner.deadline <= now { inner.deadlineReached() }
        connectionChanged()
    }

    override func drain() {
        if let inner { inner.drain() } else { mark = shared.loop.now }
        connectionChanged()
    }

    override func cutOff() {
        if let inner { inner.cutOff() }
        end(.now(reset: false))
    }

    override func closed() {
        inner?.closed()
        pipeline?.close()
    }

    private func end(_ ending: Ending) {
        if case .now = self.ending { return }
        if case .now = ending { output.discard() }
        self.ending = ending
        changed()
    }

    private func logRefusal(_ reason: String) {
        shared.metrics?.handshakeFailed()
        shared.logRejection("TLS: \(reason)", status: 0, origin.metadata)
    }

    // MARK: The PROXY header

    private func receivedPreamble(_ bytes: Span<UInt8>) {
        guard let outcome = preamble?.receive(bytes) else { return }
        switch outcome {
        case .needMore:
            break
        case .header(let header, let used):
            preamble = nil
            origin = origin.proxied(by: header)
            beginHandshake()
            if used < bytes.count { received(bytes.extracting(used..<bytes.count)) }
        case .none(let held):
            preamble = nil
            beginHandshake()
            if !held.isEmpty { received(held.span) }
            received(bytes)
        case .forbidden:
            shared.metrics?.proxyHeaderRefused()
            shared.logRefusedConnection(PeerPolicy.mayNotSendHeader, of: origin)
            end(.now(reset: false))
        case .refused(let reason):
            shared.logRefusedHeader(reason, status: 0, of: origin)
            end(.now(reset: false))
        }
    }

    // MARK: What is inside

    private func handshakeEnded(_ negotiatedProtocol: String?) {
        guard inner == nil else { return }
        if let session = handler?.session(negotiatedProtocol: negotiatedProtocol) { origin = origin.secured(by: session) }
        mark = shared.loop.now
        let inner: WireConnection =
            negotiatedProtocol == TLSApplicationProtocol.http2.rawValue
            ? HTTP2Connection(shared: shared, origin: origin) : HTTP1Connection(shared: shared, origin: origin, expectsPreamble: false)
        if inner is HTTP2Connection { inner.http2Presence = HTTP2Presence(shared.status) }
        inner.attach(to: self)
        self.inner = inner
        if shared.isDraining { inner.drain() }
    }

    /// Encrypts what is to be said, and ends as what is inside ends.
    func settle() {
        isNoted = false
        guard let inner, case .open = ending else { return }
        encrypt(inner)
        switch inner.ending {
        case .open: break
        case .now(let reset): end(.now(reset: reset))
        case .afterOutput:
            guard inner.output.isEmpty else { break }
            pipeline?.endOutput()
            // The client answers `close_notify`; were nobody there to read that, it would be told so before it has read everything.
            end(.afterOutput(lingering: true))
        }
        changed()
    }

    private func encrypt(_ inner: WireConnection) {
        guard !inner.output.isEmpty else { return }
        while !inner.output.isEmpty, output.count < Self.room {
            inner.output.gather()
            if inner.output.gathered.isEmpty, !inner.output.readFile() {
                inner.peerGone()
                return end(.now(reset: true))
            }
            let count = min(inner.output.gathered.readableBytes, Self.piece)
            var piece = ByteBufferAllocator().buffer(capacity: count)
            inner.output.gathered.withUnsafeReadableBytes { _ = piece.writeBytes($0.prefix(count)) }
            inner.output.gathered.consume(count)
            pipeline?.write(message: piece)
            pipeline?.flushWrites()
            inner.wrote()
        }
        if inner.output.isEmpty { inner.releaseOutputStorage() }
    }
}

// MARK: - For what is inside

extension TLSConnection: ConnectionTransport {
    func connectionChanged() {
        guard !isNoted else { return }
        isNoted = true
        shared.loop.noteChange(of: self)
    }

    func writeNow() -> Bool {
        guard let inner, case .open = ending else { return true }
        encrypt(inner)
        return transport?.writeNow() ?? true
    }

    func replaceConnection(with successor: WireConnection) {
        inner = successor
        successor.attach(to: self)
        connectionChanged()
    }
}

extension TLSConnection: PipelineReceiver {
    func pipelineWrote(_ bytes: ByteBuffer) {
        if output.isEmpty {
            if inner != nil { mark = shared.loop.now }
            takeSpareOutput()
        }
        output.append(bytes)
        changed()
    }

    func pipelineRead(_ message: NIOAny) {
        guard let inner, let bytes = pipeline?.tryUnwrapData(message, as: ByteBuffer.self) else { return }
        inner.received(bytes.readableBytesUInt8Span)
    }

    func pipelineEvent(_ event: Any) {
        switch event {
        case TLSUserEvent.handshakeCompleted(let negotiatedProtocol): handshakeEnded(negotiatedProtocol)
        case ChannelEvent.inputClosed where !readHasEnded:
            readHasEnded = true
            inner?.readEnded()
        default: break
        }
    }

    func pipelineFailed(_ error: any Error) {
        if let inner {
            inner.peerGone()
        } else {
            logRefusal(TLSRefusal.reason(for: error) + (handler?.clientRefusal.map { ": \($0)" } ?? ""))
        }
        end(.afterOutput(lingering: true))
    }

    func pipelineClosed() {
        guard case .open = ending else { return }
        inner?.peerGone()
        end(.afterOutput(lingering: false))
    }
}
