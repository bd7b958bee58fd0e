import HTTPWire
import NIOCore
import Testing

@testable import Roost

/// A client of HTTP/2 on a connection without a socket.
///
/// To be used in `withHTTP2` only, on whose thread the loop is.
final class MemoryHTTP2: ConnectionTransport {
    let loop: LoopExecutor
    let context: LoopContext
    let scheduler = MemoryScheduler()
    private(set) var connection: WireConnection
    private(set) var answers = ServerAnswers()
    /// Whether the client reads.
    var reads = true
    private var isClosed = false
    /// What a connection of HTTP/1.1 has sent.
    private(set) var plainText: [UInt8] = []

    fileprivate init(_ runner: any ApplicationRunner, _ config: Config, origin: ConnectionOrigin) {
        loop = LoopExecutor(wakeDescriptor: -1)
        context = LoopContext(
            loop: loop, scheduler: scheduler, runner: runner, config: config,
            status: ServerStatus(loopCount: 1).loops[0]
        )
        connection = context.makeConnection(from: origin)
        connection.attach(to: self)
    }

    func connectionChanged() {}

    func replaceConnection(with successor: WireConnection) {
        connection = successor
        successor.attach(to: self)
    }

    var isHTTP2: Bool { connection is HTTP2Connection }

    // MARK: The client

    /// Begins as clients do.
    func begin(_ settings: [(UInt16, UInt32)] = []) {
        send(ClientFrame.preface + ClientFrame.settings(settings).bytes + ClientFrame.settingsAcknowledgement.bytes)
    }

    func send(_ frames: ClientFrame...) { send(frames.flatMap(\.bytes)) }

    /// Hands in what one read gives, runs the application as far as it goes, and takes what is written.
    func send(_ bytes: [UInt8]) {
        guard !isClosed else { return }
        // What is replaced meanwhile has to live until it returns.
        let receiver = connection
        receiver.received(bytes.span)
        run()
    }

    /// Runs everything as far as it goes, and takes what is written if the client reads.
    func run() {
        var turns = 0
        repeat {
            loop.takeInbox()
            loop.runReady()
            if reads { takeOutput() }
            turns += 1
        } while turns < 1000 && (loop.hasReadyJobs || reads && !connection.output.isEmpty)
        if connection.ending.isOver, connection.output.isEmpty, !isClosed {
            isClosed = true
            connection.closed()
            loop.runReady()
        }
    }

    /// Lets this much time pass.
    func wait(_ time: Duration) {
        let end = MonotonicTime.now().advanced(by: Nanoseconds(time))
        while MonotonicTime.now() < end {}
        loop.refreshClock()
        if !isClosed, connection.deadline <= loop.now { connection.deadlineReached() }
        run()
    }

    private func takeOutput() {
        connection.output.gather()
        let bytes = connection.output.gathered.withUnsafeReadableBytes { Array($0) }
        connection.output.gathered.reset()
        guard !bytes.isEmpty else { return }
        if isHTTP2 { do { try answers.take(bytes) } catch { Issue.record(error) } } else { plainText += bytes }
        connection.wrote()
        loop.runReady()
    }

    /// What came on a stream.
    func answer(on stream: UInt32) -> ServerAnswers.Stream { answers.streams[stream] ?? ServerAnswers.Stream() }

    /// Asks, and gives what came of it.
    func ask(_ method: String = "GET", _ path: String = "/", on stream: UInt32, authority: String = "test", _ fields: ClientFrame.Fields = []) -> ServerAnswers.Stream {
        send(.request(method, path, on: stream, authority: authority, fields))
        return answer(on: stream)
    }

    /// How much was written that the client has not read.
    var unread: Int { connection.output.count }

    var isOpen: Bool { !connection.ending.isOver && !isClosed }
}

extension WireConnection.Ending {
    fileprivate var isOver: Bool { if case .open = self { false } else { true } }
}

/// Runs `body` with a client whose connection's loop is the calling thread.
func withHTTP2(
    _ app: @escaping ASGIFramework, log: LogCapture = LogCapture(), from client: Endpoint? = nil, _ configure: (inout Config) -> Void = { _ in },
    _ body: (MemoryHTTP2) throws -> Void
) throws {
    try withHTTP2(ASGIRunner(application: app, executor: .eventLoop), log: log, from: client, configure, body)
}

func withHTTP2(
    _ runner: any ApplicationRunner, log: LogCapture = LogCapture(), from client: Endpoint? = nil, _ configure: (inout Config) -> Void = { _ in },
    _ body: (MemoryHTTP2) throws -> Void
) throws {
    let config = testConfig(bind: .anyLoopbackPort, log: log, configure)
    let origin = ConnectionOrigin(client: client, server: Endpoint(host: "/test.sock", port: nil), policy: PeerPolicy(config))
    let memory = MemoryHTTP2(runner, config, origin: origin)
    memory.loop.attach()
    defer { memory.loop.end() }
    try body(memory)
    memory.connection.peerGone()
    memory.run()
}
