import Glibc
import NIOCore
import Synchronization

@testable import Roost

/// A call of `serve` that has started, as a test sees it.
struct ServedApp: Sendable {
    let binds: [BoundAddress]
    let log: LogCapture
    /// The authority of its certificate, if it is served over TLS.
    let authority: String?
    private let stopped: Gate
    /// Opens when `serve` has returned or thrown.
    let ended: Gate

    init(binds: [BoundAddress], log: LogCapture, authority: String? = nil, stopped: Gate, ended: Gate) {
        self.authority = authority
        self.binds = binds
        self.log = log
        self.stopped = stopped
        self.ended = ended
    }

    var endpoint: Endpoint { binds[0].endpoint }

    func connect() throws -> RawClient {
        let client = try RawClient(endpoint)
        if let authority { try client.secure(trusting: authority) }
        return client
    }

    /// Lets the shutdown trigger return.
    func stop() { stopped.open() }

    /// Waits until the log has a line with this text.
    @discardableResult
    func logged(_ text: String) throws -> LogCapture.Line {
        let deadline = monotonicSeconds() + 30
        while true {
            if let line = log.lines(containing: text).first { return line }
            guard monotonicSeconds() < deadline else { throw NotInTime(last: "no line with \(text)") }
            usleep(1000)
        }
    }
}

/// Serves `app` on a Unix socket of its own, runs `body` on a thread where it may block, and stops the server.
///
/// It throws what `serve` throws, or what `body` does.
func serving(
    _ app: @escaping ASGIFramework,
    _ configure: @Sendable (inout Config) -> Void = { _ in },
    authority: String? = nil,
    _ body: @escaping @Sendable (ServedApp) async throws -> Void
) async throws {
    let directory = TemporaryDirectory()
    defer { withExtendedLifetime(directory) {} }
    let (stopped, ended, log) = (Gate(), Gate(), LogCapture())
    let config = testConfig(bind: .unix(path: directory.path + "/app.sock"), log: log, configure)
    try await withThrowingTaskGroup(of: Void.self) { nursery in
        let binds = try await nursery.start { status in
            defer { ended.open() }
            try await serve(app, config, shutdownTrigger: .when { await stopped.opened() }, taskStatus: status)
        }
        let served = ServedApp(binds: binds, log: log, authority: authority, stopped: stopped, ended: ended)
        try await onClientThread { try await body(served) }
        served.stop()
        try await nursery.waitForAll()
    }
}

/// A configuration for tests: nothing takes long.
func testConfig(bind: Bind, log: LogCapture = LogCapture(), _ configure: (inout Config) -> Void = { _ in }) -> Config {
    var config = Config()
    config.bind = [bind]
    config.gracefulTimeout = .seconds(5)
    config.logger = log.logger
    configure(&config)
    return config
}

extension Bind {
    static let anyLoopbackPort = Bind.tcp(host: "127.0.0.1", port: 0)
}

/// A directory that goes with what is directly in it.
final class TemporaryDirectory: Sendable {
    let path: String

    init() {
        var template = Array("/tmp/roost-core-XXXXXX".utf8CString)
        precondition(mkdtemp(&template) != nil, "no temporary directory")
        path = template.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }
    }

    deinit {
        if let stream = opendir(path) {
            while let entry = readdir(stream) {
                _ = withUnsafePointer(to: &entry.pointee.d_name) { name in
                    name.withMemoryRebound(to: CChar.self, capacity: 256) { unlink("\(path)/\(String(cString: $0))") }
                }
            }
            closedir(stream)
        }
        rmdir(path)
    }

    func holds(_ name: String) -> Bool { access("\(path)/\(name)", F_OK) == 0 }
}
