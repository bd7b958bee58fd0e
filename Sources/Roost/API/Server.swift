import CLinux
import Glibc
import Logging

/// One call of `serve`, from the application's startup to the removal of the socket files.
struct Server {
    private let config: Config
    private let loops: [EventLoopThread]
    private let application: ServedApplication
    private let status: ServerStatus
    private let allowList: PeerAllowList?

    init(_ app: Framework, _ config: Config) throws {
        try config.validate()
        let config = try config.limited(for: app.mode).withCertificates()
        self.config = config
        config.tlsContexts?.report(to: config.metrics)
        allowList = try PeerAllowList(config)
        status = ServerStatus(loopCount: config.eventLoops, metrics: config.metrics)
        let application = ServedApplication(app, config)
        self.application = application
        let limit = config.connectionLimit
        let refusals = RefusalLog()
        var loops: [EventLoopThread] = []
        do {
            for status in status.loops {
                let transport = try PolledTransport(
                    runner: application.runner,
                    config: config,
                    connectionLimit: max(1, limit / config.eventLoops),
                    status: status,
                    refusals: refusals
                )
                transport.loop.gathersLog = true
                loops.append(try EventLoopThread(transport))
            }
        } catch {
            for loop in loops { loop.stopWhenIdle() }
            throw error
        }
        self.loops = loops
    }

    func run(until trigger: ShutdownTrigger, taskStatus: TaskStatus<[BoundAddress]>) async throws {
        defer {
            for loop in loops { loop.stopWhenIdle() }
            application.releaseThreads()
        }
        let sampling = config.metrics == nil ? nil : Task { try await sampleMetrics() }
        defer { sampling?.cancel() }
        let shutdown = try await ShutdownSignal.watch(for: trigger, on: loops[0])
        let result: Result<Void, any Error>
        do {
            try await withTaskCancellationHandler {
                try await run(taskStatus, shutdown)
            } onCancel: {
                shutdown.begin(.cancelled)
            }
            result = .success(())
        } catch {
            result = .failure(error)
        }
        let reason = await shutdown.stop()
        try result.get()
        switch reason {
        case .failed(let error): throw error
        case .cancelled: throw CancellationError()
        case .asked, nil: break
        }
    }

    private func run(_ taskStatus: TaskStatus<[BoundAddress]>, _ shutdown: ShutdownSignal) async throws {
        enter(.starting)
        guard try await startApplication(unless: shutdown) else { return }
        guard !shutdown.hasBegun else { return try await stopApplication(shutdown) }

        let listeners: ListenerSet
        do {
            listeners = try (config.listeners ?? OpenListeners(config)).set()
        } catch {
            try? await stopApplication(shutdown)
            throw error
        }

        do {
            let addresses = config.addresses(of: listeners.listeners)
            try taskStatus.started(addresses)
            let level: Logger.Level = config.listeners?.isShared ?? false ? .debug : .info
            for address in addresses { config.logger.log(level: level, "running on \(address)") }
            enter(.serving(addresses))
            try await accept(from: listeners)
            await shutdown.begun()
        } catch {
            shutdown.begin(.failed(error))
        }

        enter(.draining)
        await delay(shutdown)
        await stopAccepting(from: listeners)
        await drain(shutdown)

        enter(.stopping)
        defer {
            listeners.removeSocketFiles(logger: config.logger)
            listeners.close()
        }
        try await stopApplication(shutdown)
    }

    private func sampleMetrics() async throws {
        while true {
            status.sampleMetrics()
            try await Task.sleep(for: .seconds(1))
        }
    }

    private func enter(_ phase: ServePhase) {
        config.onPhase?(phase, status)
    }

    // MARK: The application

    /// False if the shutdown began first, and the startup was given up.
    private func startApplication(unless shutdown: ShutdownSignal) async throws -> Bool {
        let startup = Task { try await application.startUp() }
        shutdown.whenBegun { startup.cancel() }
        do {
            let state = try await startup.value
            // The application may have brought a tracer.
            let tracing = RequestTracing(config)
            for loop in loops {
                loop.perform {
                    $0.context.state = state
                    $0.context.tracing = tracing
                }
            }
            return true
        } catch is CancellationError where shutdown.hasBegun {
            return false
        }
    }

    /// In a task of its own: a cancelled caller still waits for the application's shutdown.
    private func stopApplication(_ shutdown: ShutdownSignal) async throws {
        let stop = Task { try await application.shutDown() }
        shutdown.whenForced { stop.cancel() }
        do {
            try await stop.value
        } catch is CancellationError {
            config.logger.warning("a second signal came: the application's lifespan shutdown was not waited for")
        }
    }

    // MARK: Connections

    private func accept(from listeners: ListenerSet) async throws {
        let isShared = loops.count > 1 || config.listeners?.isShared ?? false
        let policies = listeners.listeners.map { PeerPolicy(config, for: config.bind[$0.place], at: $0.address, allowList: allowList) }
        for loop in loops {
            try await loop.call { transport throws(SystemError) in
                for (listener, policy) in zip(listeners.listeners, policies) {
                    try transport.listen(on: listener, policy: policy, isShared: isShared)
                }
            }
        }
    }

    private func stopAccepting(from listeners: ListenerSet) async {
        for loop in loops {
            // Who waits at a socket of our own would find nobody; at an inherited one the next process takes over.
            _ = try? await loop.call { $0.stopListening(sweeping: listeners.isLast) }
        }
        listeners.closeOwn()
    }

    /// Lets clients come for a while yet, unless there is no time for that.
    private func delay(_ shutdown: ShutdownSignal) async {
        guard config.drainDelay > .zero else { return }
        let sleep = Task { try await Task.sleep(for: config.drainDelay) }
        shutdown.whenForced { sleep.cancel() }
        _ = await sleep.result
    }

    /// Waits until nothing is in flight, at most for the graceful timeout; then cuts what is left.
    private func drain(_ shutdown: ShutdownSignal) async {
        let drained = DrainWait(loops: loops.count)
        for loop in loops {
            loop.perform { transport in
                transport.beginDraining { drained.loopIsIdle() }
            }
        }
        let deadline = Task {
            try await Task.sleep(for: config.gracefulTimeout)
            drained.giveUp()
        }
        shutdown.whenForced { drained.giveUp() }
        let isComplete = await drained.wait()
        deadline.cancel()
        guard !isComplete else { return }
        config.logger.warning(
            "the graceful timeout of \(config.gracefulTimeout) is over, or a second signal came: requests in flight are cut",
            metadata: ["requests": .stringConvertible(status.requestsInFlight), "connections": .stringConvertible(status.connections)]
        )
        // The application's shutdown may close what cancelled requests still use: they have a moment to end.
        let cut = DrainWait(loops: loops.count)
        for loop in loops { loop.perform { $0.cutOff { cut.loopIsIdle() } } }
        let moment = Task {
            try await Task.sleep(for: .seconds(1))
            cut.giveUp()
        }
        if await !cut.wait() {
            config.logger.warning("requests go on although they were cancelled", metadata: ["requests": .stringConvertible(status.requestsInFlight)])
        }
        moment.cancel()
    }
}

extension Config {
    /// - Throws: `ConfigError` for a value that cannot be served with.
    func validate() throws(ConfigError) {
        guard !bind.isEmpty else {
            throw ConfigError(key: "bind", value: "[]", reason: "at least one address is needed, such as unix:/run/app.sock or 127.0.0.1:8000")
        }
        guard eventLoops >= 1 else {
            throw ConfigError(key: "event_loops", value: "\(eventLoops)", reason: "at least 1 is needed")
        }
        guard wsgiThreads >= 1 else {
            throw ConfigError(key: "wsgi_threads", value: "\(wsgiThreads)", reason: "at least 1 is needed")
        }
        if let limitConnections, limitConnections < 1 {
            throw ConfigError(key: "limit_connections", value: "\(limitConnections)", reason: "at least 1 is needed")
        }
        if let limitConcurrency, limitConcurrency < 1 {
            throw ConfigError(key: "limit_concurrency", value: "\(limitConcurrency)", reason: "at least 1 is needed")
        }
        if let keepAliveMaxRequests, keepAliveMaxRequests < 1 {
            throw ConfigError(key: "keep_alive_max_requests", value: "\(keepAliveMaxRequests)", reason: "at least 1 is needed")
        }
        if let forwardedHops {
            guard forwardedHops >= 1 else {
                throw ConfigError(key: "forwarded_hops", value: "\(forwardedHops)", reason: "at least 1 is needed; without it no forwarded field is believed")
            }
            guard forwardedAllowIPs.peers.isEmpty, bind.allSatisfy({ $0.forwardedAllowIPs?.peers.isEmpty ?? true }) else {
                throw ConfigError(
                    key: "forwarded_hops", value: "\(forwardedHops)",
                    reason: "it is the alternative to forwarded_allow_ips: proxies are trusted by their number or by their addresses, not both"
                )
            }
        }
        if forwardedHeaders.contains(.forwarded), forwardedHeaders.count > 1 {
            throw ConfigError(
                key: "forwarded_headers", value: forwardedHeaders.map(\.rawValue).sorted().joined(separator: ", "),
                reason: "forwarded stands alone: a proxy speaks either in Forwarded or in X-Forwarded fields, and the other ones are the client's"
            )
        }
        try validateProxyHeaders()
        try validateTLS()
        if !rootPath.isEmpty, !rootPath.hasPrefix("/") || rootPath.hasSuffix("/") {
            throw ConfigError(key: "root_path", value: rootPath, reason: "it must begin with a slash and not end with one, such as /app")
        }
    }

    /// Refuses a bind on which everybody must send a PROXY header and nobody may: it would serve no one.
    private func validateProxyHeaders() throws(ConfigError) {
        for bind in bind {
            let (mode, peers) = (bind.proxyProtocol ?? proxyProtocol, bind.proxyAllowFrom ?? proxyAllowFrom)
            guard mode != .off, mode != .auto else { continue }
            let example: String
            switch bind.address {
            case .unix, .abstract:
                if peers.trusts(.unix) { continue }
                example = "unix:"
            case .tcp:
                if peers.peers.contains(where: { $0 != .unix }) { continue }
                example = "10.0.0.0/8"
            case .descriptor, .systemd:
                if !peers.peers.isEmpty { continue }
                example = "unix:,10.0.0.0/8"
            }
            throw ConfigError(
                key: "proxy_allow_from", value: peers.peers.isEmpty ? "none" : "\(peers)",
                reason: "with proxy_protocol = \(mode.rawValue) everybody on \(bind.address) must send a PROXY header, and nobody there may; name the proxy, such as \(example)"
            )
        }
    }

    /// The same with the limits of an application that is written to this contract.
    package func limited(for mode: AppMode) -> Config {
        var config = self
        if mode == .wsgi, let wsgiMaxBodySize { config.maxBodySize = wsgiMaxBodySize }
        return config
    }

    /// How many connections may be open at once: the set limit, but never more than there are descriptors for.
    var connectionLimit: Int {
        var descriptors = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &descriptors) == 0 else { return limitConnections ?? 1024 }
        let possible = max(1, Int(clamping: descriptors.rlim_cur) - 64)
        return min(limitConnections ?? possible, possible)
    }
}
