import NIOCore
import NIOEmbedded
import NIOSSL
import NIOTLS

@testable import Roost

/// TLS for a blocking client: what it says in clear text becomes bytes for the server, and the other way round.
final class TLSLayer {
    private let channel = EmbeddedChannel()
    private let observer = HandshakeObserver()

    init(trusting authority: String) throws {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.trustRoots = .file(authority)
        configuration.certificateVerification = .noHostnameVerification
        let handler = try NIOSSLClientHandler(context: NIOSSLContext(configuration: configuration), serverHostname: nil)
        try channel.pipeline.syncOperations.addHandler(handler)
        try channel.pipeline.syncOperations.addHandler(observer)
        try channel.connect(to: try SocketAddress(ipAddress: "127.0.0.1", port: 443)).wait()
    }

    deinit {
        // The server's last word is not waited for.
        channel.close(promise: nil)
        channel.embeddedEventLoop.advanceTime(by: .hours(1))
        _ = try? channel.finish(acceptAlreadyClosed: true)
    }

    var isHandshakeComplete: Bool { observer.isComplete }

    /// What is to be sent to the server.
    func takeOutput() throws -> [UInt8] {
        var bytes: [UInt8] = []
        while let piece = try channel.readOutbound(as: ByteBuffer.self) { bytes += piece.readableBytesView }
        return bytes
    }

    func write(_ bytes: [UInt8]) throws -> [UInt8] {
        channel.writeAndFlush(ByteBuffer(bytes: bytes), promise: nil)
        return try takeOutput()
    }

    /// Takes bytes of the server; returns what they say.
    func read(_ bytes: [UInt8]) throws -> [UInt8] {
        try channel.writeInbound(ByteBuffer(bytes: bytes))
        var clear: [UInt8] = []
        while let piece = try channel.readInbound(as: ByteBuffer.self) { clear += piece.readableBytesView }
        return clear
    }
}

private final class HandshakeObserver: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    private(set) var isComplete = false

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case TLSUserEvent.handshakeCompleted = event { isComplete = true }
    }
}

/// A server's certificate for tests that only want TLS: made once in a run.
enum TestCertificate {
    static let shared: Result<(authority: String, config: TLSConfig), any Error> = Result {
        let certificates = try Certificates()
        let (certificate, key) = try certificates.sign("server", subject: "/CN=localhost", hosts: ["localhost"])
        kept = certificates
        return (certificates.authority, TLSConfig(certificateFile: certificate, keyFile: key))
    }

    /// The files go with this.
    nonisolated(unsafe) private static var kept: Certificates?
}
