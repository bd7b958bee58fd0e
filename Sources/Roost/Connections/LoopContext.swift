import HTTPWire
import Logging

/// What all connections of one event loop share: the application, the limits, the parser, and counts.
///
/// `@unchecked Sendable`: the `let`s are immutable or loop-bound; every `var` is touched only on `loop`'s thread,
/// but for `state` and `tracing`, which are set before the loop accepts its first connection.
final class LoopContext: @unchecked Sendable {
    let loop: LoopExecutor
    /// The same for NIO's handlers.
    let pipelineLoop: PipelineLoop
    /// Starts the application for an exchange. A function, because one that is reached as `any ApplicationRunner` is copied for each call.
    private let startApplication: (Exchange) -> Void
    /// Whether each request has a Swift task.
    let usesTasks: Bool
    /// Whether the application knows of WebSockets.
    let servesWebSockets: Bool
    let limits: ConnectionLimits
    let rootPath: String
    private let serverNames: [ServerName]
    let serverField: StaticString?
    let sendsDate: Bool
    let sendsRequestID: Bool
    let offersEarlyHints: Bool
    /// The value of `strict-transport-security` in responses to what came by https; nil for none.
    let hstsValue: String?
    /// Whether messages on WebSockets are compressed if the client offers that.
    let webSocketDeflates: Bool
    let webSocketLimits: WebSocketLimits
    let webSocketPingInterval: Nanoseconds?
    let webSocketPingTimeout: Nanoseconds?
    /// Whether clients may speak HTTP/2 in clear text.
    let takesHTTP2: Bool
    let accelMap: [AccelMapping]
    /// Whether the tasks that run the application have names, which cost a little.
    let namesTasks: Bool
    /// Nil if nobody wants to know.
    let metrics: LoopMetrics?
    private let accessLog: (@Sendable (AccessEntry) -> Void)?
    private let accessLogTurn: AccessLogTurn?
    /// Whether somebody wants to know how long requests take.
    let timesRequests: Bool
    /// Whether responses' heads are kept for the access log.
    let recordsResponseHead: Bool
    let refusals: RefusalLog
    let logger: Logger
    let status: ServerStatus.Loop
    /// What the application put into its lifespan's state during startup.
    var state: [String: any Sendable] = [:]
    /// What makes spans; nil without a tracer. Exclusivity is not checked: it is read for each request, and changed between calls only.
    @exclusivity(unchecked) var tracing: RequestTracing?

    /// Used for every head that arrives in one piece. Exclusivity is not checked: it calls nothing.
    @exclusivity(unchecked) private var parser: RequestParser
    private let requestLimits: RequestLimits
    private let headerMap: HeaderMap
    /// Exclusivity is not checked: to make an id calls nothing that looks into it.
    @exclusivity(unchecked) private var requestIDs = RequestIDGenerator()
    /// Storage that connections take while they have output, so that idle ones hold none.
    /// Exclusivity is not checked: a connection swaps it with its own, and nothing else touches it.
    @exclusivity(unchecked) var spareOutput = WireBuffer()
    /// The fields of the response that is being encoded, or of its trailers. Exclusivity is not checked: whoever sets them hands them on before it calls out.
    @exclusivity(unchecked) var fieldLines = FieldLines()
    /// Whether the server is shutting down: every response is its connection's last.
    var isDraining = false
    /// Called when the last exchange of a draining loop has ended.
    var onExchangeEnded: (() -> Void)?

    private var hasNotedUnbelieved = false
    private let scheduler: any LoopScheduler
    private var rejectionLog = LogThrottle()
    private(set) var exchangeCount = 0

    var disconnectGrace: Nanoseconds { limits.disconnectGrace }

    init(
        loop: LoopExecutor, scheduler: any LoopScheduler, runner: any ApplicationRunner, config: Config, status: ServerStatus.Loop,
        refusals: RefusalLog = RefusalLog()
    ) {
        self.loop = loop
        pipelineLoop = PipelineLoop(loop, scheduler: scheduler)
        self.scheduler = scheduler
        let runner = config.equipped(runner)
        startApplication = { runner.run($0) }
        usesTasks = runner.usesTasks
        servesWebSockets = runner.servesWebSockets
        hstsValue = config.hsts?.value
        limits = ConnectionLimits(config)
        rootPath = config.rootPath
        serverNames = config.serverNames
        serverField = config.includeServerHeader ? "roost" : nil
        sendsDate = config.includeDateHeader
        sendsRequestID = config.includeRequestIDHeader
        offersEarlyHints = config.earlyHints
        takesHTTP2 = config.http2
        webSocketDeflates = config.websocketPerMessageDeflate
        var webSocketLimits = WebSocketLimits()
        webSocketLimits.maxMessageSize = config.websocketMaxMessageSize
        self.webSocketLimits = webSocketLimits
        webSocketPingInterval = config.websocketPingInterval.map(Nanoseconds.init)
        webSocketPingTimeout = config.websocketPingTimeout.map(Nanoseconds.init)
        accelMap = config.accelMap
        namesTasks = config.namesTasks
        accessLog = config.accessLog
        metrics = config.metrics.map { LoopMetrics($0, app: config.appName) }
        accessLogTurn = config.makeAccessRecorder.map { AccessLogTurn($0()) }
        timesRequests = accessLog != nil || accessLogTurn != nil
        recordsResponseHead = config.recordsResponseHead
        self.refusals = refusals
        logger = config.logger
        self.status = status
        tracing = RequestTracing(config)
        requestLimits = config.requestLimits
        headerMap = config.headerMap
        parser = RequestParser(limits: config.requestLimits, headerMap: config.headerMap)
    }

    /// Why a request is not for the application, if it is not; notes what else there is to be said of it.
    @inline(__always)
    func refusal(of exchange: Exchange) -> RequestRejection? {
        if exchange.head.isForwarded, !exchange.origin.isForwarderTrusted { noteUnbelieved(exchange.origin) }
        if exchange.head.hasDroppedFields { exchange.noteDroppedFields() }
        guard exchangeCount < limits.concurrency else {
            return RequestRejection(status: 503, reason: "as many requests as limit_concurrency says are in flight")
        }
        guard serves(exchange) else { return RequestRejection(status: 421, reason: "the host is none of server_names") }
        if case .length(let length) = exchange.head.framing, length > limits.maxBodySize { return .bodyTooLarge }
        return nil
    }

    /// Whether the service may be asked for under the name that this request is for.
    private func serves(_ exchange: Exchange) -> Bool {
        guard !serverNames.isEmpty else { return true }
        let client = exchange.client
        return serverNames.contain(client.host ?? exchange.head.host, defaultPort: client.scheme.defaultPort)
    }

    /// What speaks to a client that has just connected.
    func makeConnection(from origin: ConnectionOrigin) -> WireConnection {
        if let contexts = origin.policy.tls { TLSConnection(shared: self, origin: origin, contexts: contexts) } else { HTTP1Connection(shared: self, origin: origin) }
    }

    /// Parses a head from its beginning. When there has to come more of it, `takeParser` must be called before the next one.
    ///
    /// Never inlined: to call the context's own method, what is in it need not be retained.
    @inline(never)
    func parseHead(_ bytes: Span<UInt8>) -> RequestParser.Outcome {
        let outcome = parser.parse(bytes)
        if case .needMore = outcome { return outcome }
        parser.reset()
        return outcome
    }

    /// Starts the application for an exchange. Never inlined, for the same reason.
    @inline(never)
    func start(_ exchange: Exchange) { startApplication(exchange) }

    /// Gives away the parser, which remembers the head of which there has to come more.
    func takeParser() -> HeadParser {
        defer { parser = RequestParser(limits: requestLimits, headerMap: headerMap) }
        return HeadParser(parser)
    }

    var trailerLimits: RequestLimits { requestLimits }

    /// Runs `action` on the loop after `interval`.
    func schedule(after interval: Nanoseconds, _ action: @escaping () -> Void) {
        scheduler.schedule(at: loop.now.advanced(by: interval), action)
    }

    /// An id for a request that brings none.
    func makeRequestID() -> RequestID { requestIDs.next() }

    /// Tells the access log of a request.
    func logAccess(_ entry: AccessEntry) {
        accessLog?(entry)
        guard let accessLogTurn else { return }
        accessLogTurn.recorder.record(entry)
        // Whoever waits for the last request to end may end the process.
        loop.writeLog(accessLogTurn, atOnce: isDraining)
    }

    func exchangeStarted(_ exchange: Exchange) {
        exchangeCount += 1
        if exchange.head.version == .http2 { status.countHTTP2(requests: 1) }
        status.requestStarted(inFlight: exchangeCount)
        status.exchanges.add(exchange)
        if exchange.head.tellsStart, let metrics, let time = exchange.queueTime { metrics.requestQueued(time) }
    }

    func exchangeEnded(_ exchange: Exchange) {
        exchangeCount -= 1
        if exchange.head.version == .http2 { status.countHTTP2(requests: -1) }
        status.requestEnded(inFlight: exchangeCount)
        status.exchanges.remove(exchange)
        onExchangeEnded?()
    }

    /// Cancels whatever applications still do, be it behind a response that is complete.
    func cancelExchanges() {
        for exchange in status.exchanges.all where !exchange.isCancelled { exchange.cancel() }
    }

    /// Logs why a client was turned away, but not more often than an operator can read.
    func logRejection(_ reason: @autoclosure () -> String, status: Int, _ metadata: @autoclosure () -> Logger.Metadata) {
        if status > 0 { metrics?.requestRefused(status: status) }
        guard let suppressed = rejectionLog.admit(at: loop.now) else { return }
        var metadata = metadata()
        // 0: there is no answer.
        if status > 0 { metadata["status"] = .stringConvertible(status) }
        if suppressed > 0 { metadata["suppressed"] = .stringConvertible(suppressed) }
        logger.info("request refused: \(reason())", metadata: metadata)
    }
}

extension LoopContext {
    /// Logs why somebody who connected was turned away.
    func logRefusedConnection(_ reason: String, of origin: ConnectionOrigin) {
        refusals.log(.peer, reason, of: origin.source, origin.metadata, with: logger)
    }

    /// Logs what was wrong with a PROXY header.
    func logRefusedHeader(_ reason: String, status: Int, of origin: ConnectionOrigin) {
        metrics?.proxyHeaderRefused()
        refusals.log(.proxyHeader, "request refused: \(reason)", of: origin.source, status > 0 ? origin.metadata.merging(["status": .stringConvertible(status)]) { $1 } : origin.metadata, with: logger)
    }

    /// Notes that somebody who is not trusted has sent forwarded fields.
    func noteUnbelieved(_ origin: ConnectionOrigin) {
        guard !hasNotedUnbelieved, origin.policy.forwarded.allowIPs.peers.isEmpty else { return }
        hasNotedUnbelieved = true
        refusals.noteUnbelieved(origin, with: logger)
    }
}

/// What runs actions later on a loop's thread.
protocol LoopScheduler: AnyObject {
    func schedule(at deadline: MonotonicTime, _ action: @escaping () -> Void)
}

/// Starts an application for one exchange, and calls `exchange.end` on its loop when the application is done.
package protocol ApplicationRunner: Sendable {
    /// Whether each request has a Swift task.
    var usesTasks: Bool { get }
    /// Whether the application knows of WebSockets; what asks for one is an ordinary request otherwise.
    var servesWebSockets: Bool { get }
    /// Whether the application does its work within the server's rounds, so that none of it waits for another loop's turn between them.
    var answersInRounds: Bool { get }
    func run(_ exchange: Exchange)
}

extension ApplicationRunner {
    package var usesTasks: Bool { false }
    package var servesWebSockets: Bool { false }
    package var answersInRounds: Bool { false }
}

/// A configuration's limits, in the units in which connections count.
struct ConnectionLimits: Sendable {
    let maxBodySize: Int
    /// Of one loop.
    let concurrency: Int
    let headerTimeout: Nanoseconds?
    let readTimeout: Nanoseconds?
    let writeTimeout: Nanoseconds?
    let keepAliveTimeout: Nanoseconds?
    let keepAliveMaxRequests: Int
    let disconnectGrace: Nanoseconds
    let h2MaxConcurrentStreams: Int
    let h2MaxHeaderListSize: Int
    let h2MaxInboundFrameSize: Int
    let h2MaxResets: Int
    let h2MaxControlFrames: Int

    init(_ config: Config) {
        maxBodySize = config.maxBodySize ?? .max
        concurrency = config.limitConcurrency.map { max(1, $0 / config.eventLoops) } ?? .max
        headerTimeout = config.headerTimeout.map(Nanoseconds.init)
        readTimeout = config.readTimeout.map(Nanoseconds.init)
        writeTimeout = config.writeTimeout.map(Nanoseconds.init)
        keepAliveTimeout = config.keepAliveTimeout.map(Nanoseconds.init)
        keepAliveMaxRequests = config.keepAliveMaxRequests ?? .max
        disconnectGrace = Nanoseconds(config.disconnectGrace)
        h2MaxConcurrentStreams = config.h2MaxConcurrentStreams
        h2MaxHeaderListSize = config.h2MaxHeaderListSize
        h2MaxInboundFrameSize = config.h2MaxInboundFrameSize
        h2MaxResets = config.h2MaxResets
        h2MaxControlFrames = config.h2MaxControlFrames
    }
}

/// The parser of a head that comes in pieces; a class, for few connections have one at a time.
///
/// Exclusivity is not checked at run time: `parse` calls nothing but the parser.
final class HeadParser {
    @exclusivity(unchecked) private var parser: RequestParser

    init(_ parser: RequestParser) {
        self.parser = parser
    }

    /// - Parameter bytes: all of the head that is there.
    func parse(_ bytes: Span<UInt8>) -> RequestParser.Outcome {
        parser.parse(bytes)
    }
}
