import CoreMetrics
import Glibc
import MetricsTestKit
import Testing

@testable import Roost

@Suite("Metrics of a server")
struct ServerMetricsTests {
    /// Runs `body` with a connection whose metrics go to what is returned.
    private func measured(
        _ app: @escaping ASGIFramework, _ configure: (inout Config) -> Void = { _ in }, _ body: (MemoryConnection) throws -> Void
    ) throws -> TestMetrics {
        let metrics = TestMetrics()
        try withMemoryConnection(app) {
            $0.metricsFactory = metrics
            $0.appName = "shop"
            configure(&$0)
        } _: { memory in
            try body(memory)
        }
        return metrics
    }

    /// As `METHOD STATUS COUNT`.
    private func requests(_ metrics: TestMetrics) -> Set<String> {
        Set(metrics.counters(label: MetricName.requests).map { counter in
            let labels = Dictionary(uniqueKeysWithValues: counter.dimensions)
            #expect(labels["app"] == "shop")
            return "\(labels["method"] ?? "") \(labels["status"] ?? "") \(counter.totalValue)"
        })
    }

    @Test("count requests by method and class of status, and time them")
    func requests() throws {
        let app = httpApp { scope, _, send in
            switch scope.path {
            case "/missing": try await send.answer("no", status: 404)
            case "/fails": throw Deliberate()
            default: try await send.answer("yes")
            }
        }
        let metrics = try measured(app) { memory in
            for path in ["/", "/", "/missing", "/fails"] { memory.receive("GET \(path) HTTP/1.1\r\nhost: a\r\n\r\n") }
        }
        #expect(requests(metrics) == ["GET 2xx 2", "GET 4xx 1", "GET 5xx 1"])
        let durations = try metrics.expectTimer(MetricName.requestDuration, [("app", "shop")])
        #expect(durations.values.count == 4)
        #expect(durations.values.allSatisfy { (0..<60_000_000_000).contains($0) })
    }

    @Test("know the methods of the RFCs, and call all others one", arguments: [
        "GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "get", "GETS", "PURGE", "PROPFIND", "PATCHES", "DELETES",
    ])
    func methods(_ method: String) throws {
        let metrics = try measured(httpApp { _, _, send in try await send.answer("yes") }) { memory in
            memory.receive("\(method) / HTTP/1.1\r\nhost: a\r\n\r\n")
        }
        let known = ["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"].contains(method)
        #expect(requests(metrics) == ["\(known ? method : "other") 2xx 1"])
    }

    @Test("count those that got no response")
    func unanswered() throws {
        let metrics = try measured(httpApp { _, receive, _ in while case .httpRequest = try await receive() {} }) { memory in
            memory.receive("GET / HTTP/1.1\r\nhost: a\r\n\r\n")
            memory.connection.peerGone()
            memory.loop.runReady()
        }
        #expect(requests(metrics) == ["GET none 1"])
    }

    @Test("count what the server refuses by itself")
    func refused() throws {
        let app = httpApp { _, _, send in try await send.answer("never") }
        let metrics = try measured(app) { $0.receive("nonsense\r\n\r\n") }
        #expect(requests(metrics).isEmpty)
        #expect(try metrics.expectCounter(MetricName.refusedRequests, [("status", "400")]).totalValue == 1)
        let large = try measured(app, { $0.maxBodySize = 1 }) { $0.receive("POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 2\r\n\r\n") }
        #expect(try large.expectCounter(MetricName.refusedRequests, [("status", "413")]).totalValue == 1)
        #expect(requests(large) == ["POST 4xx 1"])
    }

    @Test("count PROXY headers that are not taken")
    func proxyHeaders() throws {
        let app = httpApp { _, _, send in try await send.answer("never") }
        let malformed = try measured(app, { $0.proxyProtocol = .required }) { $0.receive("PROXY TCP9 \r\n") }
        #expect(try malformed.expectCounter(MetricName.refusedProxyHeaders).totalValue == 1)
        let forbidden = try measured(app, {
            $0.proxyProtocol = .required
            $0.proxyAllowFrom = []
        }) { $0.receive("PROXY UNKNOWN\r\nGET / HTTP/1.1\r\nhost: a\r\n\r\n") }
        #expect(try forbidden.expectCounter(MetricName.refusedProxyHeaders).totalValue == 1)
    }

    @Test("tell how long a request waited at the proxy, if that is trusted")
    func queueTime() throws {
        let app = httpApp { _, _, send in try await send.answer("yes") }
        let request = "GET / HTTP/1.1\r\nhost: a\r\nx-request-start: t=\(time(nil) - 2).5\r\n\r\n"
        let trusted = try measured(app, { $0.forwardedAllowIPs = peers("*") }) { $0.receive(request) }
        let times = try trusted.expectTimer(MetricName.queueTime, [("app", "shop")])
        #expect(times.values.count == 1)
        #expect(times.values.allSatisfy { (400_000_000..<3_000_000_000).contains($0) })
        let untrusted = try measured(app) { $0.receive(request) }
        #expect(try untrusted.expectTimer(MetricName.queueTime, [("app", "shop")]).values.isEmpty)
    }

    @Test("have bytes, connections by state and the loop's answers", .timeLimit(.minutes(1)))
    func overSockets() async throws {
        let metrics = TestMetrics()
        let serverStatus = Watched<ServerStatus?>(nil)
        let (inside, gate) = (Gate(), Gate())
        let app = httpApp { scope, _, send in
            if scope.path == "/wait" {
                inside.open()
                while !gate.isOpen { try await Task.sleep(for: .milliseconds(1)) }
            }
            try await send.answer("hello")
        }
        try await serving(app, {
            $0.metricsFactory = metrics
            $0.onPhase = { _, status in serverStatus.value = status }
        }) { served in
            let status = try #require(serverStatus.value)
            let (idle, busy) = (try served.connect(), try served.connect())
            try idle.send("GET / HTTP/1.1\r\nhost: a\r\n\r\n")
            #expect(try idle.response().text == "hello")
            try busy.send("GET /wait HTTP/1.1\r\nhost: a\r\n\r\n")
            try inside.wait()
            status.sampleMetrics()
            func connections(_ state: String) throws -> Double? {
                try metrics.expectMeter(MetricName.connections, [("protocol", "http/1"), ("state", state)]).lastValue
            }
            #expect(try connections("active") == 1)
            #expect(try connections("idle") == 1)
            #expect(try metrics.expectMeter(MetricName.requestsInFlight).lastValue == 1)
            #expect(status.oldestRequests(5).map(\.path) == ["/wait"])
            gate.open()
            #expect(try busy.response().text == "hello")
            let sent = "GET / HTTP/1.1\r\nhost: a\r\n\r\nGET /wait HTTP/1.1\r\nhost: a\r\n\r\n".utf8.count
            #expect(metrics.counterTotal(label: MetricName.receivedBytes) == Int64(sent))
            #expect(metrics.counterTotal(label: MetricName.sentBytes) > 100)
            #expect(metrics.counterTotal(label: MetricName.connectionsAccepted) == 2)
            let deadline = monotonicSeconds() + 30
            while try metrics.expectTimer(MetricName.loopLag).values.isEmpty, monotonicSeconds() < deadline { status.sampleMetrics() }
            #expect(try !metrics.expectTimer(MetricName.loopLag).values.isEmpty)
        }
    }

    @Test("tell connections of HTTP/2 from those of HTTP/1, and have the WebSockets that are open", .timeLimit(.minutes(1)))
    func protocols() async throws {
        let metrics = TestMetrics()
        let serverStatus = Watched<ServerStatus?>(nil)
        let (waiting, gate) = (Watched(0), Gate())
        let app: ASGIFramework = { scope, receive, send in
            if case .websocket(let request) = scope {
                for try await _ in try await WebSocketSession.accept(request, receive, send) {}
                return
            }
            guard case .http(let request) = scope else { throw Deliberate() }
            if request.path == "/wait" {
                waiting.add()
                while !gate.isOpen { try await Task.sleep(for: .milliseconds(1)) }
            }
            try await send.answer("hello")
        }
        try await serving(app, {
            $0.metricsFactory = metrics
            $0.lifespan = .off
            $0.onPhase = { _, status in serverStatus.value = status }
        }) { served in
            let status = try #require(serverStatus.value)
            /// Of HTTP/1, of HTTP/2, and WebSockets.
            func counts() throws -> [Double?] {
                status.sampleMetrics()
                let connections = try ["http/1", "http/2"].flatMap { name in
                    try ["active", "idle"].map { try metrics.expectMeter(MetricName.connections, [("protocol", name), ("state", $0)]).lastValue }
                }
                return connections + [try metrics.expectMeter(MetricName.webSockets).lastValue]
            }
            #expect(try counts() == [0, 0, 0, 0, 0])
            let plain = try served.connect()
            try plain.send("GET / HTTP/1.1\r\nhost: a\r\n\r\n")
            #expect(try plain.response().text == "hello")
            let (idle, busy) = (try SocketHTTP2(served), try SocketHTTP2(served))
            for client in [idle, busy] {
                try client.send(.request(on: 1))
                try client.read { $0.streams[1]?.hasEnded ?? false }
            }
            // A stream is over a moment after its client has the answer.
            let answered = monotonicSeconds() + 30
            while try counts() != [0, 1, 0, 2, 0], monotonicSeconds() < answered { usleep(1000) }
            #expect(try counts() == [0, 1, 0, 2, 0])
            try busy.send(.request("GET", "/wait", on: 3), .request("GET", "/wait", on: 5))
            try waiting.wait { $0 == 2 }
            let socket = try served.connect()
            try socket.send(
                """
                GET / HTTP/1.1\r\nhost: test\r\nconnection: Upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r
                sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n
                """)
            let opened = monotonicSeconds() + 30
            while status.webSockets == 0, monotonicSeconds() < opened { usleep(1000) }
            #expect(try counts() == [1, 1, 1, 1, 1])
            gate.open()
            try busy.read { $0.streams[3]?.hasEnded ?? false && $0.streams[5]?.hasEnded ?? false }
            // Masked by nothing: a close frame without a code.
            try socket.send([0x88, 0x80, 0, 0, 0, 0])
            while try !socket.receive().isEmpty {}
            for client in [idle.client, busy.client, plain] { client.close() }
            let deadline = monotonicSeconds() + 30
            while try counts() != [0, 0, 0, 0, 0], monotonicSeconds() < deadline { usleep(1000) }
            #expect(try counts() == [0, 0, 0, 0, 0])
        }
    }
}
