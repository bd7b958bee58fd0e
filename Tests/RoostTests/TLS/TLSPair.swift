import Logging
import NIOCore
import NIOEmbedded
import NIOSSL
import NIOTLS

@testable import Roost

/// A client and a server of TLS whose bytes are carried over by hand.
final class TLSPair {
    let server = EmbeddedChannel()
    let client = EmbeddedChannel()
    let handler: TLSServerHandler
    private let serverEvents = EventRecorder()
    private let clientEvents = EventRecorder()

    /// What the server got in clear text.
    private(set) var received = ""
    /// Bytes that came to the client before it could read them.
    private(set) var toClient: [UInt8] = []

    /// - Parameter piece: How many bytes at once come to the server.
    init(_ contexts: TLSContexts, client configuration: TLSConfiguration, name: String? = "example.org", piece: Int = .max) throws {
        handler = contexts.makeHandler()
        try server.pipeline.syncOperations.addHandler(handler)
        try server.pipeline.syncOperations.addHandler(serverEvents)
        try client.pipeline.syncOperations.addHandler(NIOSSLClientHandler(context: NIOSSLContext(configuration: configuration), serverHostname: name))
        try client.pipeline.syncOperations.addHandler(clientEvents)
        let address = try SocketAddress(ipAddress: "127.0.0.1", port: 443)
        try server.connect(to: address).wait()
        try client.connect(to: address).wait()
        carry(piece: piece)
    }

    /// What both have to say, until they are silent.
    func carry(piece: Int = .max) {
        while true {
            var isSilent = true
            while let bytes = try? client.readOutbound(as: ByteBuffer.self) {
                isSilent = false
                var rest = bytes
                while let part = rest.readSlice(length: min(piece, rest.readableBytes)), part.readableBytes > 0 {
                    _ = try? server.writeInbound(part)
                }
            }
            // A client's certificate is verified apart from the handshake, which goes on after that.
            server.embeddedEventLoop.run()
            while let bytes = try? server.readOutbound(as: ByteBuffer.self) {
                isSilent = false
                toClient += bytes.readableBytesView
                _ = try? client.writeInbound(bytes)
            }
            while let bytes = try? server.readInbound(as: ByteBuffer.self) { received += String(buffer: bytes) }
            if isSilent { return }
        }
    }

    func send(_ text: String) {
        client.writeAndFlush(ByteBuffer(string: text), promise: nil)
        carry()
    }

    /// Nil without a completed handshake.
    var session: TLSSession? {
        guard case .handshakeCompleted(let negotiated)? = serverEvents.tlsEvent else { return nil }
        return handler.session(negotiatedProtocol: negotiated)
    }

    var serverError: (any Error)? { serverEvents.error }
    var clientError: (any Error)? { clientEvents.error }
}

private final class EventRecorder: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    private(set) var tlsEvent: TLSUserEvent?
    private(set) var error: (any Error)?

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) { tlsEvent = tlsEvent ?? event as? TLSUserEvent }
    func errorCaught(context: ChannelHandlerContext, error: any Error) { self.error = self.error ?? error }
}

extension TLSContexts {
    convenience init(_ config: TLSConfig) throws(ConfigError) { try self.init(config, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }) }
}

extension TLSConfiguration {
    /// A client that trusts servers of this authority.
    static func client(of certificates: Certificates, alpn: [String] = [], identity: String? = nil) throws -> TLSConfiguration {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.trustRoots = .file(certificates.authority)
        configuration.certificateVerification = .noHostnameVerification
        configuration.applicationProtocols = alpn
        if let identity {
            configuration.certificateChain = try NIOSSLCertificate.fromPEMFile(certificates.path("\(identity).pem")).map { .certificate($0) }
            configuration.privateKey = .privateKey(try NIOSSLPrivateKey(file: certificates.path("\(identity).key"), format: .pem))
        }
        return configuration
    }
}
