import Testing

@testable import Roost

@Suite("Event loops that do not answer", .timeLimit(.minutes(1)))
struct LoopSilenceTests {
    /// Blocks the thread of its loop until the gate opens.
    private func blocking(_ inside: Gate, until gate: Gate) -> ASGIFramework {
        httpApp { _, _, send in
            inside.open()
            try gate.wait()
            try await send.answer("at last")
        }
    }

    @Test("are named for as long as they do not, with how long", arguments: [1, 2])
    func blocked(_ loops: Int) async throws {
        let (inside, gate) = (Gate(), Gate())
        let serverStatus = Watched<ServerStatus?>(nil)
        try await serving(blocking(inside, until: gate), {
            $0.eventLoops = loops
            $0.onPhase = { _, status in serverStatus.value = status }
        }) { served in
            let status = try #require(serverStatus.value)
            let client = try served.connect()
            try client.send("GET / HTTP/1.1\r\nhost: a\r\n\r\n")
            try inside.wait()
            var silence = LoopSilence()
            // Asking makes it owe an answer.
            let deadline = monotonicSeconds() + 30
            while silence.duration < .milliseconds(100), monotonicSeconds() < deadline { silence = status.silence() }
            let loop = try #require(silence.loop)
            #expect(loops == 1 ? loop == "event loop" : ["event loop 1", "event loop 2"].contains(loop))
            gate.open()
            #expect(try client.response().text == "at last")
            while status.silence().loop != nil, monotonicSeconds() < deadline { continue }
            #expect(status.silence().duration < silence.duration)
        }
    }

    @Test("are none before anything is served")
    func idle() {
        #expect(ServerStatus(loopCount: 2).silence() == LoopSilence())
    }
}
