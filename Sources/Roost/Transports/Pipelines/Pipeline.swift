import NIOCore

/// A NIO channel without a descriptor: what NIO's handlers for a protocol (TLS, HTTP/2) make of bytes that a connection hands in, and of what it writes.
///
/// Bytes in by `receive`, messages out by `PipelineReceiver`; messages in by `write`, bytes out by `PipelineReceiver`. Its connection calls `close` in the
/// end, without which channel and handlers would keep each other.
///
/// `@unchecked Sendable`, which `Channel` demands: used on its loop's thread only, as the handlers are.
final class Pipeline: @unchecked Sendable {
    /// Invariant: the receiver owns its pipeline, and calls `close` before it goes, from where on this is nil.
    private unowned(unsafe) var receiver: (any PipelineReceiver)?
    private let loop: PipelineLoop
    private let closePromise: EventLoopPromise<Void>
    private var handlers: ChannelPipeline?
    /// What was written and not yet flushed.
    private var pending: [(data: ByteBuffer, promise: EventLoopPromise<Void>?)] = []
    /// Whether the handlers may write more; a change is told to them.
    private(set) var isWritable = true
    private(set) var isActive = false
    private var isClosed = false

    init(on loop: PipelineLoop, for receiver: any PipelineReceiver) {
        self.receiver = receiver
        self.loop = loop
        closePromise = loop.makePromise()
    }

    /// Puts the handlers in place, the one next to the network first, and begins.
    func open(_ handlers: [any ChannelHandler]) throws {
        try pipeline.syncOperations.addHandlers(handlers + [EventReceiver()])
        isActive = true
        pipeline.fireChannelRegistered()
        pipeline.fireChannelActive()
    }

    /// Takes bytes of the network.
    func receive(_ bytes: ByteBuffer) {
        guard !isClosed else { return }
        pipeline.syncOperations.fireChannelRead(NIOAny(bytes))
        if !isClosed { pipeline.syncOperations.fireChannelReadComplete() }
    }

    /// Has the handlers write a message; nothing is on the wire before `flushWrites`.
    func write<Message: Sendable>(message: Message, promise: EventLoopPromise<Void>? = nil) {
        guard !isClosed else {
            promise?.fail(ChannelError.ioOnClosedChannel)
            return
        }
        pipeline.syncOperations.write(NIOAny(message), promise: promise)
    }

    func flushWrites() {
        if !isClosed { pipeline.syncOperations.flush() }
    }

    func setWritable(_ isWritable: Bool) {
        guard self.isWritable != isWritable, !isClosed else { return }
        self.isWritable = isWritable
        pipeline.syncOperations.fireChannelWritabilityChanged()
    }

    /// Has the handlers tell the peer that nothing more comes, as far as their protocol can. They wait for no answer: that would keep them for
    /// seconds after the connection's end.
    func endOutput() {
        if !isClosed { pipeline.syncOperations.close(mode: .output, promise: nil) }
    }

    /// Ends at once: handlers see that the channel is gone, and are let go. May be called more than once.
    func close() {
        guard !isClosed else { return }
        isClosed = true
        isActive = false
        receiver = nil
        pipeline.fireChannelInactive()
        pipeline.fireChannelUnregistered()
        for (_, promise) in pending { promise?.fail(ChannelError.ioOnClosedChannel) }
        pending = []
        removeHandlers(pipeline: pipeline)
        handlers = nil
        closePromise.succeed()
    }

    fileprivate func told(of event: Any) { receiver?.pipelineEvent(event) }

    deinit {
        // One that was never opened.
        if !isClosed { closePromise.succeed() }
    }
}

/// What a pipeline's connection is told.
protocol PipelineReceiver: AnyObject {
    /// The network is to be sent these bytes.
    func pipelineWrote(_ bytes: ByteBuffer)
    /// The handlers have made a message of what the network sent.
    func pipelineRead(_ message: NIOAny)
    /// The handlers tell of something.
    func pipelineEvent(_ event: Any)
    /// Something went wrong, which may concern a single stream or the whole connection.
    func pipelineFailed(_ error: any Error)
    /// The handlers have ended the connection.
    func pipelineClosed()
}

extension Pipeline: Channel {
    var pipeline: ChannelPipeline {
        if let handlers { return handlers }
        let made = ChannelPipeline(channel: self)
        handlers = made
        return made
    }

    var allocator: ByteBufferAllocator { ByteBufferAllocator() }
    var closeFuture: EventLoopFuture<Void> { closePromise.futureResult }
    var localAddress: NIOCore.SocketAddress? { nil }
    var remoteAddress: NIOCore.SocketAddress? { nil }
    var parent: (any Channel)? { nil }
    var eventLoop: any EventLoop { loop }
    var _channelCore: any ChannelCore { self }
    var syncOptions: (any NIOSynchronousChannelOptions)? { Options() }

    func setOption<Option: ChannelOption>(_ option: Option, value: Option.Value) -> EventLoopFuture<Void> {
        loop.makeCompletedFuture(Result { try Options().setOption(option, value: value) })
    }

    func getOption<Option: ChannelOption>(_ option: Option) -> EventLoopFuture<Option.Value> {
        loop.makeCompletedFuture(Result { try Options().getOption(option) })
    }

    /// A client that sends nothing more is still answered; no other option exists.
    private struct Options: NIOSynchronousChannelOptions {
        func setOption<Option: ChannelOption>(_ option: Option, value: Option.Value) throws {
            throw ChannelError.operationUnsupported
        }

        func getOption<Option: ChannelOption>(_ option: Option) throws -> Option.Value {
            guard option is ChannelOptions.Types.AllowRemoteHalfClosureOption || option is ChannelOptions.Types.AutoReadOption,
                let value = true as? Option.Value
            else { throw ChannelError.operationUnsupported }
            return value
        }
    }
}

extension Pipeline: ChannelCore {
    func write0(_ data: NIOAny, promise: EventLoopPromise<Void>?) {
        guard !isClosed else {
            promise?.fail(ChannelError.ioOnClosedChannel)
            return
        }
        switch tryUnwrapData(data, as: IOData.self) {
        case .byteBuffer(let bytes)?: pending.append((bytes, promise))
        case .fileRegion?, nil: promise?.fail(ChannelError.operationUnsupported)
        }
    }

    func flush0() {
        let flushed = pending
        pending.removeAll(keepingCapacity: true)
        for (bytes, promise) in flushed {
            receiver?.pipelineWrote(bytes)
            promise?.succeed()
        }
    }

    func channelRead0(_ data: NIOAny) { receiver?.pipelineRead(data) }

    func errorCaught0(error: any Error) { receiver?.pipelineFailed(error) }

    func close0(error: any Error, mode: CloseMode, promise: EventLoopPromise<Void>?) {
        guard !isClosed else {
            promise?.fail(ChannelError.alreadyClosed)
            return
        }
        flush0()
        promise?.succeed()
        if mode != .output { receiver?.pipelineClosed() }
    }

    /// The connection reads when it wants to.
    func read0() {}

    func localAddress0() throws -> NIOCore.SocketAddress { throw ChannelError.operationUnsupported }
    func remoteAddress0() throws -> NIOCore.SocketAddress { throw ChannelError.operationUnsupported }
    func register0(promise: EventLoopPromise<Void>?) { promise?.succeed() }
    func registerAlreadyConfigured0(promise: EventLoopPromise<Void>?) { promise?.succeed() }
    func bind0(to: NIOCore.SocketAddress, promise: EventLoopPromise<Void>?) { promise?.fail(ChannelError.operationUnsupported) }
    func connect0(to: NIOCore.SocketAddress, promise: EventLoopPromise<Void>?) { promise?.fail(ChannelError.operationUnsupported) }
    func triggerUserOutboundEvent0(_ event: Any, promise: EventLoopPromise<Void>?) { promise?.fail(ChannelError.operationUnsupported) }
}

/// The last handler: hands on what channels have no other word for.
private final class EventReceiver: ChannelInboundHandler {
    typealias InboundIn = NIOAny

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        (context.channel as? Pipeline)?.told(of: event)
    }
}
