public import CoreMetrics
public import HTTPWire
public import Logging
public import Tracing

/// What `serve` needs to know; names are Hypercorn's, in Swift's spelling.
///
/// A limit of nil is switched off. Durations are counted on the monotonic clock.
public struct Config: Sendable {
    /// Addresses to listen on. Default: `127.0.0.1:8000`.
    public var bind: [Bind] = [.tcp(host: "127.0.0.1", port: 8000)]
    /// How sockets that Roost opens are made: backlog, mode, owner. Activated and inherited sockets are left as they are.
    public var socket = SocketOptions()
    /// Users, by name or number, whose processes may connect to Unix sockets; with `allowPeerGroup` also empty, everyone may whom the socket's
    /// mode lets. Default: empty.
    public var allowPeerUser: [String] = []
    /// Groups, by name or number, whose members' processes may connect to Unix sockets. Default: empty.
    public var allowPeerGroup: [String] = []

    /// How TLS is spoken, on every bind that does not say that it speaks none; nil for clear text everywhere. Default: nil.
    public var tls: TLSConfig?

    /// Whether connections begin with a PROXY header, for binds that do not say so themselves. Default: `.off`.
    public var proxyProtocol: ProxyProtocolMode = .off
    /// Who may send a PROXY header, for binds that do not say so themselves. Default: peers on Unix sockets and on this host's loopback.
    public var proxyAllowFrom: TrustedPeers = .local
    /// Whose forwarded fields are believed, for binds that do not say so themselves. Default: nobody's.
    public var forwardedAllowIPs: TrustedPeers = []
    /// How many proxies add to the forwarded fields, as the alternative to naming them in `forwardedAllowIPs`: so many entries, counted from the
    /// right, are believed from whoever connects. Default: nil.
    public var forwardedHops: Int?
    /// The forwarded fields that the trusted proxy sets itself, and that are believed for that: fields that it only passes on are the client's.
    /// Default: X-Forwarded-For and X-Forwarded-Proto.
    public var forwardedHeaders: Set<ForwardedHeader> = [.xForwardedFor, .xForwardedProto]
    /// Directories whose files a trusted proxy (one that `forwardedAllowIPs` names) serves itself, when an application answers with a file from there.
    /// Default: none.
    public var accelMap: [AccelMapping] = []
    /// What becomes of fields that an application could take for others. Default: `.drop`.
    public var headerMap: HeaderMap = .drop

    /// Threads with an event loop each. Default: 1.
    public var eventLoops = 1
    /// Where ASGI applications run. Default: on the event loop that read the request.
    public var appExecutor: AppExecutor = .eventLoop
    /// Threads that WSGI applications run on. Default: 8.
    public var wsgiThreads = 8

    /// The prefix under which the application is mounted by the proxy; ASGI's `root_path`, without a trailing slash. Default: empty.
    public var rootPath = ""
    /// The names under which the service may be asked for; a request for another host is answered 421. Empty for every name. Default: empty.
    public var serverNames: [ServerName] = []
    /// Whether responses carry a `server: roost` field unless the application sets one. Default: true.
    public var includeServerHeader = true
    /// Whether applications may hint at links before their response (103 Early Hints, RFC 8297). Default: false, because proxies that do not know interim
    /// responses take them for the response: nginx before 1.29 does.
    public var earlyHints = false
    /// Whether responses carry a `date` field unless the application sets one. Default: true.
    public var includeDateHeader = true
    /// Whether responses carry the request's id in an `x-request-id` field unless the application sets one. Default: true.
    public var includeRequestIDHeader = true

    /// Limits on a request's line and header fields; above them the answer is 414 or 431.
    public var requestLimits = RequestLimits()
    /// Largest request body in bytes; above it the answer is 413. Default: 16 MiB.
    public var maxBodySize: Int? = 16 << 20
    /// The same for WSGI applications alone; nil for `maxBodySize`. Default: nil.
    public var wsgiMaxBodySize: Int?
    /// How many connections are served at once; above it new ones wait in the backlog. Default: as many as the process may have descriptors, less 64.
    public var limitConnections: Int?
    /// How many requests are in flight at once, shared evenly among event loops; more are answered 503 with `retry-after`, and their connection closes.
    /// Default: nil, as many as there are connections.
    public var limitConcurrency: Int?
    /// Time for a request's head to arrive, from its first byte or, on a new connection, from the accept; then 408 and close. Default: 30 s.
    public var headerTimeout: Duration? = .seconds(30)
    /// Time for the next piece of a request's body to arrive; then the connection is cut. Default: 60 s.
    public var readTimeout: Duration? = .seconds(60)
    /// Time for the client to take the next piece of a response; then the connection is cut. Default: 60 s.
    public var writeTimeout: Duration? = .seconds(60)
    /// Time that an application has to notice that its client is gone, before its task is cancelled. Default: 5 s.
    public var disconnectGrace: Duration = .seconds(5)
    /// How long a connection stays open without a request. Default: 75 s, longer than nginx keeps its end (60 s), so that a proxy never meets a closed connection.
    public var keepAliveTimeout: Duration? = .seconds(75)
    /// How many requests a connection carries; the response to the last one says `connection: close`. Default: 1000, as many as nginx sends on one.
    public var keepAliveMaxRequests: Int? = 1000

    /// Largest message on a WebSocket in bytes, decompressed; above it the WebSocket is closed with 1009. Default: 16 MiB.
    public var websocketMaxMessageSize = 16 << 20
    /// After how much silence of its client a WebSocket is pinged; nil for never. Default: 20 s, so that proxies that end what is silent do not.
    public var websocketPingInterval: Duration? = .seconds(20)
    /// Time that the client has to answer a ping; then the WebSocket is closed. Default: 20 s.
    public var websocketPingTimeout: Duration? = .seconds(20)
    /// Whether messages on WebSockets are compressed if the client offers it (permessage-deflate, RFC 7692). Default: true.
    public var websocketPerMessageDeflate = true

    /// Whether HTTP/2 is spoken in clear text with clients that begin with it (prior knowledge, RFC 9113 section 3.3): HAProxy with `proto h2`, nginx with
    /// `grpc_pass`. Default: true.
    public var http2 = true
    /// How many streams a client may have open at once on a connection of HTTP/2. Default: 100.
    public var h2MaxConcurrentStreams = 100
    /// Largest list of a request's header fields on HTTP/2, uncompressed and with 32 bytes for each field (RFC 9113 section 6.5.2). Default: 64 KiB.
    public var h2MaxHeaderListSize = 64 << 10
    /// Largest frame that a client may send on HTTP/2 (RFC 9113 section 4.2), 16 KiB to 16 MiB - 1. Default: 16 KiB.
    public var h2MaxInboundFrameSize = 16 << 10
    /// How many streams of a connection may be reset by the client, or over its errors, within 30 s; then the connection ends. At most 1000. Default: 200.
    public var h2MaxResets = 200
    /// How many PING, SETTINGS and PRIORITY frames a client may send within 30 s; then the connection ends. Default: 1000.
    public var h2MaxControlFrames = 1000

    /// What browsers are told of coming by https from now on, in every response of the application's to a request that came by https, by TLS of Roost's own
    /// or by a trusted proxy's word; a field of the application's own stays. Default: nil, nothing.
    public var hsts: HSTSPolicy?
    /// Whether requests that came by http are sent to the same place by https (308) before the application sees them; WebSockets too. Only where TLS is
    /// spoken on one of `bind`, to whose port they are sent. What a trusted proxy says came by https is not redirected. Default: false.
    public var httpsRedirect = false

    /// Time for the lifespan startup. Default: 60 s.
    public var startupTimeout: Duration? = .seconds(60)
    /// Time for the lifespan shutdown. Default: 60 s.
    public var shutdownTimeout: Duration? = .seconds(60)
    /// How long connections are still accepted once shutdown begins, for load balancers to notice. Default: none.
    public var drainDelay: Duration = .zero
    /// Time that requests in flight have to finish once nothing more is accepted; then they are cut. Default: 30 s.
    public var gracefulTimeout: Duration = .seconds(30)
    /// Whether the application's lifespan is run. Default: `.auto`.
    public var lifespan: LifespanPolicy = .auto

    /// The certificates that TLS is spoken with, if others hold them besides, to have them read anew; nil: the server reads what `tls` says.
    package var tlsContexts: TLSContexts?
    /// The sockets to serve on, if others are to have them besides; the server ends them all the same. Nil: it opens what `bind` says.
    package var listeners: OpenListeners?
    /// Whether other processes may serve the same application at the same time.
    package var isOneOfSeveral = false
    /// Where binds were asked for, by their addresses, for an error to say.
    package var bindSettings: [String: String] = [:]

    /// Called as the server goes from one phase to the next, with counts that stay live.
    public var onPhase: (@Sendable (ServePhase, ServerStatus) -> Void)?
    /// Called for each request when its response is complete or has failed: on an event loop's thread, which it should not keep waiting.
    public var accessLog: (@Sendable (AccessEntry) -> Void)?
    /// Makes what writes an access log for one event loop. Besides `accessLog`, and cheaper.
    package var makeAccessRecorder: (@Sendable () -> any AccessRecorder)?
    /// Whether responses' heads are kept for the access log, which costs a copy.
    package var recordsResponseHead = false
    /// Whether the Swift task of each request is called `request ID`, as debuggers and dumps show it; that costs a little. Default: false.
    public var namesTasks = false
    /// What the application is called in metrics. Default: `app`.
    public var appName = "app"
    /// Makes what the server counts and measures with; nil for what `MetricsSystem` was bootstrapped with, if it was. Default: nil.
    public var metricsFactory: (any MetricsFactory)?
    /// What makes a span for each request, with the names of OpenTelemetry's conventions for HTTP; the application runs within it. Default: nil,
    /// which is the tracer that the program has bootstrapped by the time its application has started, or that `withTracer` has set around the
    /// call of `serve`, or none. `NoOpTracer()` is no tracer, whatever the program has.
    ///
    /// A span continues the trace of the request's `traceparent` if whoever sent it is one of `forwardedAllowIPs`, and else begins a trace: nobody
    /// else can make this server write into traces, or sample. Methods other than RFC 9110's and PATCH are `_OTHER` in spans, unless
    /// `OTEL_INSTRUMENTATION_HTTP_KNOWN_METHODS` lists them. `error.type` is the type of what the application threw, the status from 500 on,
    /// or one of `client_gone`, `incomplete_response`, `unreadable_file` and `server_stopped`.
    public var tracer: (any Tracer)?
    /// Where Roost writes what happens.
    public var logger = Logger(label: "roost")

    public init() {}

    /// Nil if nothing is to be counted.
    var metrics: (any MetricsFactory)? {
        let factory = metricsFactory ?? MetricsSystem.factory
        return factory is NOOPMetricsHandler ? nil : factory
    }
}

/// Where ASGI applications run.
public enum AppExecutor: String, Sendable, Hashable, CaseIterable {
    /// On the event loop's thread: fastest; an application that blocks or computes for long holds up that loop's other connections.
    case eventLoop = "event-loop"
    /// On Swift's global concurrent pool: a blocking application holds up nothing but itself; each event costs a thread hop.
    case concurrentPool = "pool"
}

/// Whether an application's lifespan is run.
public enum LifespanPolicy: String, Sendable, Hashable, CaseIterable {
    /// Run it; an application that throws before it asked for the first event does not support it, and is served without.
    case auto
    /// Run it; an application that throws fails the startup.
    case on
    /// Do not run it.
    case off
}

/// Where a call of `serve` is in its life.
public enum ServePhase: Sendable, Hashable {
    /// The application's lifespan startup is running.
    case starting
    /// Connections are being accepted.
    case serving([BoundAddress])
    /// Once `drainDelay` is over nothing more is accepted; requests in flight are being finished.
    case draining
    /// The application's lifespan shutdown is running.
    case stopping
}
