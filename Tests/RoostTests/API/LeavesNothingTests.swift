import CLinux
import Glibc
import HTTPWire
import NIOCore
import Testing

@testable import Roost

/// In processes of their own, whose descriptors and threads nobody else has a part in.
@Suite("What serve leaves behind", .timeLimit(.minutes(1)))
struct LeavesNothingTests {
    /// The open descriptors of this process.
    static func descriptors() -> Int {
        (0..<1024).reduce(0) { $0 + (fcntl($1, F_GETFD) >= 0 ? 1 : 0) }
    }

    /// Waits until the descriptors are as many as they were: threads end a moment after `serve` has returned.
    private static func expectDescriptors(_ count: Int) throws {
        try Watched(0).wait(seconds: 5) { _ in descriptors() <= count }
    }

    @Test("no descriptor, whether it served, failed or was cancelled")
    func descriptors() async {
        await #expect(processExitsWith: .success) {
            // The first time may open what stays, such as the runtime's own.
            try await serving(Apps.hello) { served in _ = try served.connect().ask("/") }
            try await Task.sleep(for: .milliseconds(100))
            let before = LeavesNothingTests.descriptors()
            for _ in 0..<3 {
                try await serving(Apps.hello, { $0.eventLoops = 3 }) { served in
                    let clients = try (0..<30).map { _ in try served.connect() }
                    for client in clients { guard try client.ask("/").text == "hello" else { throw Deliberate() } }
                    clients[0].close()
                }
                try? await serve(Apps.hello, testConfig(bind: .unix(path: "/nonexistent/a.sock")), shutdownTrigger: .never)
                try? await serve(.asgi(Apps.hello), testConfig(bind: .anyLoopbackPort) { $0.lifespan = .on }, shutdownTrigger: .onSignals(SIGUSR2))
                let cancelled = Task { try await serve(Apps.hello, testConfig(bind: .anyLoopbackPort), shutdownTrigger: .onSignals(SIGUSR2)) }
                cancelled.cancel()
                _ = await cancelled.result
                try? await serve(Apps.hello, testConfig(bind: .anyLoopbackPort) { $0.eventLoops = 0 })
            }
            try await onClientThread { try LeavesNothingTests.expectDescriptors(before) }
        }
    }
}
