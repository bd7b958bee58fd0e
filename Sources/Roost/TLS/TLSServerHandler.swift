import NIOCore
import NIOSSL
import NIOTLS

/// TLS on one connection, as the first handler of its pipeline: it reads the client's hello, chooses the certificate for the name in it, and has a
/// `NIOSSLServerHandler` behind it speak TLS with that.
///
/// Handlers behind it get bytes in clear text, and `TLSUserEvent.handshakeCompleted` before the first of them; or an error, after which the
/// connection is to be closed: `TLSRefusal` if it was this handler that refused the client, and whatever has to be said to the client has been
/// written; else one of NIOSSL's. `TLSRefusal.reason(for:)` says what logs have to say about either.
final class TLSServerHandler: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private enum State {
        /// What has come of the client's hello.
        case awaitingHello(FirstHandshakeMessage, ByteBuffer?)
        case secured(NIOSSLServerHandler)
        case refused
    }

    private let identities: TLSIdentities
    private var identity: TLSIdentity
    private var state = State.awaitingHello(FirstHandshakeMessage(), nil)
    /// Until the server's hello has gone out.
    private var serverHello: FirstHandshakeMessage? = FirstHandshakeMessage()
    private var serverName: String?
    private var cipherSuite: Int?
    /// What the client has proved itself with in this handshake, in DER; empty in one that resumes a session.
    private var clientCertificates: [[UInt8]] = []
    /// Why the client's certificate was not accepted.
    private(set) var clientRefusal: String?

    /// - Parameter identities: What the server may prove itself with, on this connection as long as it lasts.
    init(_ identities: TLSIdentities) {
        self.identities = identities
        identity = identities.first
    }

    /// What has been agreed upon; nil before the handshake has completed.
    ///
    /// - Parameter negotiatedProtocol: What `TLSUserEvent.handshakeCompleted` says.
    func session(negotiatedProtocol: String?) -> TLSSession? {
        guard case .secured(let handler) = state, let version = handler.tlsVersion else { return nil }
        // A certificate without an encoding has not been received; but NIOSSL's call can fail.
        let resumed = clientCertificates.isEmpty ? try? handler.peerCertificate?.toDERBytes() : nil
        return TLSSession(
            serverName: serverName, applicationProtocol: negotiatedProtocol, version: version, cipherSuite: cipherSuite, identity: identity,
            clientCertificates: resumed.map(identities.clientChains.chain) ?? clientCertificates)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch state {
        case .secured: context.fireChannelRead(data)
        case .refused: break
        case .awaitingHello(var hello, var received):
            var bytes = unwrapInboundIn(data)
            let progress = hello.read(bytes.readableBytesUInt8Span)
            received.setOrWriteBuffer(&bytes)
            guard let received, received.readableBytes > 0 else { return }
            switch progress {
            case .needsMore: state = .awaitingHello(hello, received)
            case .message(ClientHello.kind, let body): answer(ClientHello(body), received, context)
            case .unreadable where received.isRequestInClearText: refuse(.clearText, context)
            // NIOSSL knows what to say to that.
            case .message, .unreadable: answer(nil, received, context)
            }
        }
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        if serverHello != nil {
            let bytes = unwrapOutboundIn(data)
            readServerHello(bytes.readableBytesUInt8Span)
        }
        context.write(data, promise: promise)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        if case .awaitingHello = state { state = .refused }
    }

    private func answer(_ hello: ClientHello?, _ received: ByteBuffer, _ context: ChannelHandlerContext) {
        if let offered = hello?.applicationProtocols, !identities.speaksAny(of: offered) { return refuse(.noCommonProtocol, context) }
        serverName = hello?.serverName
        identity = identities.identity(for: serverName)
        let handler = makeHandler()
        do {
            try context.pipeline.syncOperations.addHandler(handler, position: .after(self))
        } catch {
            state = .refused
            context.fireErrorCaught(error)
            return
        }
        state = .secured(handler)
        context.fireChannelRead(wrapInboundOut(received))
    }

    private func makeHandler() -> NIOSSLServerHandler {
        guard let verifier = identities.clientVerifier else { return NIOSSLServerHandler(context: identity.context) }
        return NIOSSLServerHandler(context: identity.context) { [weak self] certificates, promise in
            guard let self, let chain = try? certificates.map({ try $0.toDERBytes() }) else { return promise.succeed(.failed) }
            clientRefusal = verifier.refusal(of: chain)
            guard clientRefusal == nil else { return promise.succeed(.failed) }
            clientCertificates = chain
            identities.clientChains.keep(chain)
            promise.succeed(.certificateVerified)
        }
    }

    private func refuse(_ refusal: TLSRefusal, _ context: ChannelHandlerContext) {
        state = .refused
        serverHello = nil
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: refusal.answer)), promise: nil)
        context.fireErrorCaught(refusal)
    }

    private func readServerHello(_ bytes: Span<UInt8>) {
        switch serverHello?.read(bytes) {
        case .needsMore: break
        case .message(ServerHello.kind, let body)?:
            cipherSuite = ServerHello(body)?.cipherSuite
            serverHello = nil
        case .message?, .unreadable?, nil: serverHello = nil
        }
    }
}

extension ByteBuffer {
    /// Whether the first bytes are letters, as a request's method is, of HTTP/1 and of HTTP/2 alike.
    fileprivate var isRequestInClearText: Bool {
        let start = readableBytesView.prefix(3)
        return start.count == 3 && start.allSatisfy { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) }
    }
}
