import Roost
import Testing

@testable import RoostHost

@Suite("The admin socket's app")
struct AdminAppTests {
    private struct View: ServiceView {
        var shown: ServiceStatus
        func status() -> ServiceStatus { shown }
        func metrics() -> MetricsSnapshot {
            var metrics = MetricsSnapshot()
            metrics.set("n", .gauge, to: 1)
            return metrics
        }
    }

    private func ask(_ path: String, method: String = "GET", _ status: ServiceStatus = .example) async throws -> TestResponse {
        let app = AdminApp(view: View(shown: status))
        return try await withTestClient({ try await app($0, $1, $2) }) { client in
            try await client.request(method, path)
        }
    }

    @Test("is healthy while every event loop answers")
    func health() async throws {
        #expect(try await ask("/healthz").status == 200)
        var status = ServiceStatus.example
        status.workers[0].silence = 9
        #expect(try await ask("/healthz", status).status == 200)
        status.workers[0].silence = 11
        let answer = try await ask("/healthz", status)
        #expect(answer.status == 503)
        #expect(answer.text == "an event loop of worker 3 has not answered for 11 seconds\n")
    }

    @Test("is ready when requests should be sent here")
    func readiness() async throws {
        #expect(try await ask("/readyz").text == "ready\n")
        var status = ServiceStatus.example
        status.ready = false
        status.phase = .draining
        let answer = try await ask("/readyz", status)
        #expect(answer.status == 503)
        #expect(answer.text == "draining\n")
    }

    @Test("tells metrics, the status, and where they are")
    func others() async throws {
        let metrics = try await ask("/metrics")
        #expect(metrics.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8")
        #expect(metrics.text == "# TYPE n gauge\nn 1\n")
        let status = try await ask("/status")
        #expect(status.headers["content-type"] == "application/json")
        #expect(status.headers["cache-control"] == "no-store")
        #expect(status.text.contains("\"requests_in_flight\":1"))
        let page = try await ask("/")
        #expect(page.headers["content-type"] == "text/html; charset=utf-8")
        #expect(page.headers["content-security-policy"]?.hasPrefix("default-src 'none'") == true)
        let unknown = try await ask("/admin")
        #expect(unknown.status == 404)
        #expect(unknown.text.contains("/metrics"))
    }

    @Test("changes nothing", arguments: ["POST", "PUT", "DELETE", "PATCH"])
    func readOnly(_ method: String) async throws {
        let answer = try await ask("/status", method: method)
        #expect(answer.status == 405)
        #expect(answer.headers["allow"] == "GET, HEAD")
    }

    @Test("has a page that loads nothing from elsewhere")
    func page() {
        for forbidden in ["http://", "https://", "//cdn", "@import", "innerHTML", "src=", "href="] {
            #expect(!AdminPage.html.replacing("http://www.w3.org/2000/svg", with: "").contains(forbidden), "\(forbidden)")
        }
    }
}
