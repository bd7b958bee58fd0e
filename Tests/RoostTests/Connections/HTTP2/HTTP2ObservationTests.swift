import CoreMetrics
import InMemoryTracing
import MetricsTestKit
import Testing
import Tracing

@testable import Roost

@Suite("What is observed of requests over HTTP/2")
struct HTTP2ObservationTests {
    private static let app = httpApp { scope, receive, send in
        switch scope.rawPath {
        case "/echo":
            guard let body = try await receive.body() else { return }
            try await send.answer(String(buffer: body))
        case "/fails": throw Deliberate()
        case "/wait": while case .httpRequest = try await receive() {}
        default: try await send.answer("hello")
        }
    }

    @Test("a span is that of a request over HTTP/1.1, but for the version; requests at once have one each")
    func spans() throws {
        let tracer = TraceContextTracer()
        try withHTTP2(Self.app, from: Endpoint(host: "192.0.2.7", port: 40000), { $0.tracer = tracer }) { client in
            client.begin()
            client.send(
                .request("POST", "/echo?q=1", on: 1, ends: false, [("user-agent", "curl"), ("content-length", "3")]), .request("GET", "/", on: 3), .data("abc", on: 1, ends: true),
                .request("GET", "/fails", on: 5))
            #expect(client.answer(on: 1).text == "abc" && client.answer(on: 3).text == "hello" && client.answer(on: 5).status == 500)
        }
        #expect(tracer.memory.activeSpans.isEmpty)
        let found = Dictionary(grouping: tracer.requests) { $0.attributes.texts["url.path"] ?? "" }
        #expect(found.mapValues(\.count) == ["/echo": 1, "/": 1, "/fails": 1])
        var texts = try #require(found["/echo"]?.first).attributes.texts
        #expect(texts.removeValue(forKey: "roost.request_id")?.utf8.count == 32)
        #expect(
            texts == [
                "http.request.method": "POST", "url.path": "/echo", "url.query": "q=1", "url.scheme": "http", "server.address": "test", "server.port": "80",
                "client.address": "192.0.2.7", "client.port": "40000", "network.peer.address": "192.0.2.7", "network.peer.port": "40000",
                "network.protocol.version": "2", "user_agent.original": "curl", "http.request.body.size": "3", "http.response.status_code": "200",
                "http.response.body.size": "3",
            ])
        #expect(found["/fails"]?.first?.attributes.texts["http.response.status_code"] == "500")
    }

    @Test("a client's trace goes on where it is believed")
    func trace() throws {
        let tracer = TraceContextTracer()
        let parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
        let proxy = try TrustedPeer("192.0.2.7")
        try withHTTP2(Self.app, from: Endpoint(host: "192.0.2.7", port: 40000), { $0.tracer = tracer; $0.forwardedAllowIPs = [proxy] }) { client in
            client.begin()
            client.send(.request("GET", "/", on: 1, [("traceparent", parent)]))
        }
        #expect(tracer.requests.map(\.spanContext.traceID) == ["0af7651916cd43dd8448eb211c80319c"])
    }

    @Test("metrics count each stream, and those that the client resets as without a response")
    func metrics() throws {
        let metrics = TestMetrics()
        try withHTTP2(Self.app, { $0.metricsFactory = metrics; $0.appName = "shop" }) { client in
            client.begin()
            client.send(.request(on: 1), .request(on: 3), .request("GET", "/fails", on: 5), .request("GET", "/wait", on: 7))
            client.send(.reset(on: 7))
        }
        let counts = Set(metrics.counters(label: MetricName.requests).map { counter in
            let labels = Dictionary(uniqueKeysWithValues: counter.dimensions)
            return "\(labels["method"] ?? "") \(labels["status"] ?? "") \(counter.totalValue)"
        })
        #expect(counts == ["GET 2xx 2", "GET 5xx 1", "GET none 1"])
        #expect(try metrics.expectTimer(MetricName.requestDuration, [("app", "shop")]).values.count == 4)
    }
}
