import HTTPWire
import NIOCore
import Testing

@testable import Roost

/// An `HTTP1Connection` without a socket: bytes go in by hand, and what would be written comes out.
///
/// To be used in `withMemoryConnection` only, on whose thread the loop is.
final class MemoryConnection: ConnectionTransport {
    let loop: LoopExecutor
    let context: LoopContext
    let scheduler = MemoryScheduler()
    private(set) var changes = 0
    private(set) var connection: HTTP1Connection!

    fileprivate init(_ app: @escaping ASGIFramework, _ config: Config, origin: ConnectionOrigin) {
        loop = LoopExecutor(wakeDescriptor: -1)
        context = LoopContext(
            loop: loop, scheduler: scheduler, runner: ASGIRunner(application: app, executor: .eventLoop), config: config,
            status: ServerStatus(loopCount: 1).loops[0]
        )
        connection = HTTP1Connection(shared: context, origin: origin)
        connection.attach(to: self)
    }

    func connectionChanged() { changes += 1 }

    func replaceConnection(with successor: WireConnection) { Issue.record("a connection was replaced") }

    /// Hands in what a peer sent, as one read gives it, and runs the application as far as it goes.
    func receive(_ bytes: [UInt8]) {
        connection.received(bytes.span)
        loop.runReady()
    }

    func receive(_ text: String) { receive(Array(text.utf8)) }

    /// Hands in the bytes one by one, as far as they are wanted.
    func drip(_ text: String) {
        for byte in text.utf8 where connection.wantsRead { receive([byte]) }
    }

    /// What would be written now; it then counts as written.
    func written() -> String {
        connection.output.gather()
        var bytes: [UInt8] = []
        repeat {
            bytes += connection.output.gathered.withUnsafeReadableBytes { Array($0) }
            connection.output.gathered.reset()
        } while connection.output.file != nil && connection.output.readFile()
        if connection.output.file != nil { connection.peerGone() }
        if !bytes.isEmpty { connection.wrote() }
        loop.runReady()
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The responses that would be written now; what is not whole or no HTTP is an issue.
    func responses(to method: String = "GET") -> [Response] {
        var reader = ResponseReader()
        var unread = Array(written().utf8)
        var responses: [Response] = []
        do {
            while !unread.isEmpty || !reader.buffer.isEmpty {
                responses.append(
                    try reader.next(to: method) {
                        defer { unread = [] }
                        return unread
                    }
                )
            }
        } catch {
            Issue.record(error)
        }
        return responses
    }

    var isOpen: Bool { if case .open = connection.ending { true } else { false } }
    var closesAfterOutput: Bool { if case .afterOutput = connection.ending { true } else { false } }
    var closesNow: Bool { if case .now = connection.ending { true } else { false } }
}

/// Keeps what is to run later until it is told that the time has come.
final class MemoryScheduler: LoopScheduler {
    private(set) var scheduled: [(deadline: MonotonicTime, action: () -> Void)] = []

    func schedule(at deadline: MonotonicTime, _ action: @escaping () -> Void) {
        scheduled.append((deadline, action))
    }

    func runAll() {
        let due = scheduled
        scheduled = []
        for entry in due { entry.action() }
    }
}

/// Runs `body` with a connection whose loop is the calling thread.
func withMemoryConnection(
    _ app: @escaping ASGIFramework,
    log: LogCapture = LogCapture(),
    _ configure: (inout Config) -> Void = { _ in },
    _ body: (MemoryConnection) throws -> Void
) throws {
    let server = Endpoint(host: "/test.sock", port: nil)
    try withMemoryConnection(app, from: nil, to: server, log: log, configure, body)
}

/// Runs `body` with a connection between these ends; without an address the client is on a Unix socket.
func withMemoryConnection(
    _ app: @escaping ASGIFramework,
    from client: Endpoint?,
    to server: Endpoint,
    log: LogCapture = LogCapture(),
    _ configure: (inout Config) -> Void = { _ in },
    _ body: (MemoryConnection) throws -> Void
) throws {
    let config = testConfig(bind: .anyLoopbackPort, log: log, configure)
    try withMemoryConnection(app, origin: ConnectionOrigin(client: client, server: server, policy: PeerPolicy(config)), config, body)
}

/// Runs `body` with a connection of this origin.
func withMemoryConnection(_ app: @escaping ASGIFramework, origin: ConnectionOrigin, _ config: Config, _ body: (MemoryConnection) throws -> Void) throws {
    let memory = MemoryConnection(app, config, origin: origin)
    memory.loop.attach()
    defer { memory.loop.end() }
    try body(memory)
    memory.connection.peerGone()
    memory.loop.runReady()
}
