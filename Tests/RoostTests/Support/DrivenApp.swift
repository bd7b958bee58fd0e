import Glibc
import NIOCore

@testable import Roost

/// Serves `app` as `serving` does, and once more in an event loop that is not Roost's: one that watches the server's descriptor, as a loop of
/// Python's would.
func servingByBoth(
    _ app: @escaping ASGIFramework,
    _ configure: @Sendable (inout Config) -> Void = { _ in },
    _ body: @escaping @Sendable (ServedApp) async throws -> Void
) async throws {
    try await serving(app, configure, body)
    try await servingInForeignLoop(app, configure, body)
}

/// Serves `app` as `servingByBoth` does, and once more over TLS, where what speaks HTTP is driven by NIO's handlers.
func servingEveryWay(
    _ app: @escaping ASGIFramework,
    _ configure: @escaping @Sendable (inout Config) -> Void = { _ in },
    _ body: @escaping @Sendable (ServedApp) async throws -> Void
) async throws {
    try await servingByBoth(app, configure, body)
    let (authority, tls) = try TestCertificate.shared.get()
    let secured = { @Sendable (config: inout Config) in
        configure(&config)
        config.tls = tls
    }
    try await serving(app, secured, authority: authority, body)
}

/// Serves `app` on a Unix socket by a loop that knows nothing but one descriptor, runs `body`, and ends the server in order.
func servingInForeignLoop(
    _ app: @escaping ASGIFramework,
    _ configure: @Sendable (inout Config) -> Void = { _ in },
    _ body: @escaping @Sendable (ServedApp) async throws -> Void
) async throws {
    let directory = TemporaryDirectory()
    defer { withExtendedLifetime(directory) {} }
    let (stopped, ended, log) = (Gate(), Gate(), LogCapture())
    let config = testConfig(bind: .unix(path: directory.path + "/app.sock"), log: log, configure)
    let started = Watched<[BoundAddress]?>(nil)
    try DetachedThread.start(named: "foreign-loop") {
        defer { ended.open() }
        do {
            let server = try DrivenServer(runner: ASGIRunner(application: app, executor: .eventLoop), config: config)
            let binds = try server.listen()
            started.change { $0 = binds }
            drive(server) { stopped.isOpen }
            server.stopListening()
            var isIdle = false
            server.drainConnections { isIdle = true }
            drive(server) { isIdle }
            server.close()
        } catch {
            log.logger.error("the server failed: \(error)")
        }
    }
    while started.value == nil, !ended.isOpen { try await Task.sleep(for: .milliseconds(1)) }
    guard let binds = started.value else { throw Deliberate() }
    let served = ServedApp(binds: binds, log: log, stopped: stopped, ended: ended)
    defer { served.stop() }
    try await onClientThread { try await body(served) }
    served.stop()
    await ended.opened()
}

/// What any event loop does: waits until the descriptor is readable, and drains. It looks around ten times a second.
private func drive(_ server: DrivenServer, until isOver: () -> Bool) {
    while !isOver() {
        var readable = pollfd(fd: server.descriptor, events: Int16(POLLIN), revents: 0)
        if poll(&readable, 1, 100) > 0 { server.drain() }
    }
}
