import Glibc
import NIOCore
import NIOEmbedded
import NIOSSL
import NIOTLS

@testable import Roost

/// A client of TLS on a blocking socket; for the thread that makes it.
final class TLSClient {
    let socket: RawClient
    private let channel = EmbeddedChannel()
    private let observer = Observer()
    private var reader = ResponseReader()
    /// How many bytes at once are sent.
    private let piece: Int

    /// Connects and completes the handshake.
    ///
    /// - Parameters:
    ///   - preface: What is sent before it.
    ///   - piece: How many bytes at once are sent.
    /// - Throws: What ends the handshake.
    init(
        _ endpoint: Endpoint, _ configuration: TLSConfiguration, name: String? = "example.org", preface: [UInt8] = [], piece: Int = .max
    ) throws {
        socket = try RawClient(endpoint)
        self.piece = piece
        try channel.pipeline.syncOperations.addHandler(OutputEnd())
        try channel.pipeline.syncOperations.addHandler(NIOSSLClientHandler(context: NIOSSLContext(configuration: configuration), serverHostname: name))
        try channel.pipeline.syncOperations.addHandler(observer)
        try send(raw: preface)
        try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 443)).wait()
        while !observer.isComplete {
            try flush()
            if let error = observer.error { throw error }
            let bytes = try socket.receive()
            guard !bytes.isEmpty else { throw RawClient.Failure.call("handshake", 0) }
            try take(bytes)
        }
        try flush()
    }

    /// What the handshake has agreed upon.
    var negotiated: String? { observer.negotiated }
    /// Whether the server has said in TLS that it sends no more.
    var sawCloseNotify: Bool { observer.isInputClosed }

    func send(_ text: String) throws { try send(Array(text.utf8)) }

    func send(_ bytes: [UInt8]) throws {
        channel.writeAndFlush(ByteBuffer(bytes: bytes), promise: nil)
        try flush()
    }

    func response(to method: String = "GET") throws -> Response { try reader.next(to: method) { try receive() } }

    func ask(_ target: String, fields: String = "") throws -> Response {
        try send("GET \(target) HTTP/1.1\r\nhost: test\r\n\(fields)\r\n")
        return try response()
    }

    /// The next bytes in clear text; none at the end.
    func receive() throws -> [UInt8] {
        while true {
            if let bytes = try channel.readInbound(as: ByteBuffer.self) { return Array(bytes.readableBytesView) }
            if observer.isInputClosed { return [] }
            let bytes = try socket.receive()
            if bytes.isEmpty { return [] }
            try take(bytes)
            // The answer to a server's last word may find it gone.
            if observer.isInputClosed { try? flush() } else { try flush() }
        }
    }

    /// Whether the server ends the connection without sending anything more.
    func isClosed() throws -> Bool { try reader.rest { try receive() }.isEmpty }

    /// Says in TLS that nothing more is sent, and to the kernel as well.
    func halfClose() throws {
        channel.close(mode: .output, promise: nil)
        try flush()
        socket.halfClose()
    }

    private func take(_ bytes: [UInt8]) throws {
        channel.pipeline.fireChannelRead(ByteBuffer(bytes: bytes))
        channel.pipeline.fireChannelReadComplete()
        channel.embeddedEventLoop.run()
    }

    private func flush() throws {
        channel.embeddedEventLoop.run()
        while let bytes = try channel.readOutbound(as: ByteBuffer.self) { try send(raw: Array(bytes.readableBytesView)) }
    }

    private func send(raw bytes: [UInt8]) throws {
        var start = 0
        while start < bytes.count {
            let end = start + min(piece, bytes.count - start)
            try socket.send(Array(bytes[start..<end]))
            start = end
        }
    }

    /// Keeps the channel, which would close altogether, from an end of its output alone.
    private final class OutputEnd: ChannelOutboundHandler {
        typealias OutboundIn = ByteBuffer

        func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
            if mode == .output { promise?.succeed() } else { context.close(mode: mode, promise: promise) }
        }
    }

    private final class Observer: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        private(set) var isComplete = false
        private(set) var isInputClosed = false
        private(set) var negotiated: String?
        private(set) var error: (any Error)?

        func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
            switch event {
            case TLSUserEvent.handshakeCompleted(let negotiated):
                isComplete = true
                self.negotiated = negotiated
            case ChannelEvent.inputClosed: isInputClosed = true
            default: break
            }
        }

        func channelInactive(context: ChannelHandlerContext) { isInputClosed = true }

        func errorCaught(context: ChannelHandlerContext, error: any Error) { self.error = self.error ?? error }
    }
}
