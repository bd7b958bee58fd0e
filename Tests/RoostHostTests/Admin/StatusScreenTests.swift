import Roost
import Testing

@testable import RoostHost

extension ServiceStatus {
    static var example: ServiceStatus {
        var latency = Latency()
        latency.counts[2] = 90
        latency.counts[7] = 10
        return ServiceStatus(
            version: "0.1.0", app: "shop.main:app", phase: .serving, ready: true, pid: 812, uptime: 273_900, binds: ["http://unix:/run/shop.sock", "http://127.0.0.1:8000"],
            connections: 4, requestsInFlight: 1, requests: 101, responses: ["2xx": 98, "5xx": 2], restarts: 1, latency: latency,
            workers: [
                WorkerStatus(number: 3, pid: 900, state: "serving", age: 65, connections: 4, requestsInFlight: 1, requests: 101, memory: 64 << 20, silence: 0)
            ],
            inFlight: [RequestStatus(id: "r1", worker: 3, method: "GET", path: "/report", client: "203.0.113.7", age: 12.34)])
    }
}

@Suite("roost status")
struct StatusScreenTests {
    @Test("shows addresses, requests, latency, workers and what is in flight")
    func whole() {
        #expect(StatusScreen(status: .example).text == """
            shop.main:app   serving, ready   up 3d 4h   pid 812   roost 0.1.0

              listens on  http://unix:/run/shop.sock
                          http://127.0.0.1:8000
              requests    101 (2xx 98 %, 5xx 2 %); 1 in flight
              latency     p50 1.8 ms   p90 2.5 ms   p99 95 ms
              connections 4
              workers     1 serving, 1 replaced or lost

              WORKER  PID  STATE      AGE  CONNECTIONS  IN FLIGHT  REQUESTS  MEMORY
                   3  900  serving  1m 5s            4          1       101  64 MiB

               AGE  WORKER  CLIENT       REQUEST IN FLIGHT  ID
              12 s       3  203.0.113.7  GET /report        r1
            """)
    }

    @Test("shows certificates and their ends, and what connections speak")
    func protocols() {
        var status = ServiceStatus.example
        status.http2Connections = 1
        status.webSockets = 2
        status.certificates = [
            CertificateStatus(certfile: "/a.pem", subject: "CN=a.test", notAfter: 1_000_000 + 86_400 * 57),
            CertificateStatus(certfile: "/b.pem", subject: "", notAfter: 1_000_000 - 3600),
        ]
        let text = StatusScreen(status: status, now: 1_000_000).text
        #expect(text.contains("\n  certificate CN=a.test, expires in 57d (/a.pem)\n              expired 1h ago (/b.pem)\n"))
        #expect(text.contains("\n  connections 4, 1 of them HTTP/2; 2 WebSockets\n"))
    }

    @Test("takes certificates, protocols and WebSockets from the metrics")
    func counted() {
        var metrics = MetricsSnapshot()
        metrics.set(MetricName.certificateExpiry, .gauge, [MetricLabel("certfile", "/a.pem"), MetricLabel("subject", "CN=a")], to: 5)
        metrics.set(MetricName.connections, .gauge, [MetricLabel("protocol", "http/2"), MetricLabel("state", "idle")], to: 2)
        metrics.set(MetricName.connections, .gauge, [MetricLabel("protocol", "http/2"), MetricLabel("state", "active")], to: 1)
        metrics.set(MetricName.connections, .gauge, [MetricLabel("protocol", "http/1"), MetricLabel("state", "active")], to: 9)
        metrics.set(MetricName.webSockets, .gauge, to: 4)
        var status = ServiceStatus.example
        status.count(metrics)
        #expect(status.http2Connections == 3 && status.webSockets == 4)
        #expect(status.certificates == [CertificateStatus(certfile: "/a.pem", subject: "CN=a", notAfter: 5)])
    }

    @Test("shows what has happened since it was shown before")
    func rates() {
        var before = ServiceStatus.example
        before.requests = 81
        before.latency.counts[2] = 90
        before.latency.counts[7] = 0
        let text = StatusScreen(status: .example, earlier: (before, 2)).text
        #expect(text.contains("101, 10 a second"))
        #expect(text.contains("p50 75 ms"))
    }

    @Test("stays within the terminal, and says what it leaves out")
    func height() {
        let lines = StatusScreen(status: .example, height: 10).text.split(separator: "\n", omittingEmptySubsequences: false)
        #expect(lines.count == 10)
        #expect(lines.last == "  … 5 more lines")
    }

    @Test("shows nothing that could move the cursor")
    func escapes() {
        var status = ServiceStatus.example
        status.app = "a\u{1B}[2J"
        status.inFlight[0].path = "/\u{1B}]0;x\u{7}"
        status.inFlight[0].client = "b\nc"
        let text = StatusScreen(status: status).text
        #expect(!text.unicodeScalars.contains { $0.value < 0x20 && $0 != "\n" })
        #expect(text.split(separator: "\n").count == StatusScreen(status: .example).text.split(separator: "\n").count)
    }

    @Test("writes ages and times for people", arguments: [
        (0, "0s"), (59.9, "59s"), (60, "1m"), (3723, "1h 2m"), (90_000, "1d 1h"), (86_400 * 400, "400d"), (-1, "0s"), (.infinity, "0s"),
    ] as [(Double, String)])
    func ages(_ seconds: Double, _ text: String) {
        #expect(StatusScreen.age(seconds) == text)
    }

    @Test("writes numbers with as many places as matter", arguments: [
        (0, "0"), (0.04, "0"), (0.05, "0.1"), (9.94, "9.9"), (9.95, "10"), (123.4, "123"), (-1.25, "-1.3"), (.nan, "-"), (1e18, "-"),
    ] as [(Double, String)])
    func decimals(_ number: Double, _ text: String) {
        #expect(StatusScreen.decimal(number) == text)
    }

    @Test("finds quantiles as far as the bounds tell")
    func quantiles() {
        #expect(Latency().quantile(0.5) == nil)
        var latency = Latency()
        latency.counts[0] = 2
        #expect(latency.quantile(0.5) == 0.00025)
        #expect(latency.quantile(1) == 0.0005)
        latency.counts[latency.counts.count - 1] = 100
        #expect(latency.quantile(0.99) == 60)
    }
}
