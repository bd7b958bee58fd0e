import CoreMetrics
import Testing

@testable import RoostHost

@Suite("Prometheus' text format")
struct PrometheusTextTests {
    @Test("has the help and the type before the series, in the order of the names")
    func order() {
        var snapshot = MetricsSnapshot()
        snapshot.set("zeta", .gauge, to: -1.5)
        snapshot.set(MetricHelp.workers, .gauge, to: 3)
        snapshot.set("alpha", .counter, [MetricLabel("b", "2")], to: 2)
        snapshot.set("alpha", .counter, [MetricLabel("b", "1")], to: 1)
        #expect(PrometheusText.write(snapshot) == """
            # TYPE alpha counter
            alpha{b="1"} 1
            alpha{b="2"} 2
            # HELP roost_workers Workers that serve.
            # TYPE roost_workers gauge
            roost_workers 3
            # TYPE zeta gauge
            zeta -1.5

            """)
    }

    @Test("has cumulative buckets")
    func histogram() {
        let registry = MetricsRegistry()
        let timer = Timer(label: "t", dimensions: [("app", "x")], factory: registry)
        for nanoseconds: Int64 in [1, 700_000, 700_000, 100_000_000_000] { timer.recordNanoseconds(nanoseconds) }
        let lines = PrometheusText.write(registry.snapshot()).split(separator: "\n").map(String.init)
        #expect(lines[0] == "# TYPE t histogram")
        #expect(lines[1] == "t_bucket{app=\"x\",le=\"0.0005\"} 1")
        #expect(lines[2] == "t_bucket{app=\"x\",le=\"0.001\"} 3")
        #expect(lines.suffix(4) == ["t_bucket{app=\"x\",le=\"60\"} 3", "t_bucket{app=\"x\",le=\"+Inf\"} 4", "t_sum{app=\"x\"} 100.001400001", "t_count{app=\"x\"} 4"])
    }

    @Test("keeps values of labels within their quotation marks", arguments: [
        ("a\"b", "a\\\"b"), ("a\\b", "a\\\\b"), ("a\nb", "a\\nb"), ("ä€", "ä€"), ("\\n", "\\\\n"),
    ])
    func escapes(_ value: String, _ written: String) {
        var snapshot = MetricsSnapshot()
        snapshot.set("n", .gauge, [MetricLabel("l", value)], to: 1)
        #expect(PrometheusText.write(snapshot) == "# TYPE n gauge\nn{l=\"\(written)\"} 1\n")
    }

    @Test("makes names of whatever an app calls its metrics", arguments: [
        ("http.requests", "http_requests"), ("9lives", "_9lives"), ("a:b", "a:b"), ("", "_"), ("ä b\n", "___b_"), ("ok_1", "ok_1"),
    ] as [(String, String)])
    func names(_ label: String, _ name: String) {
        #expect(MetricSyntax.name(label) == name)
        #expect(MetricSyntax.labelName(label) == String(name.map { $0 == ":" ? "_" : $0 }))
    }

    @Test("writes numbers as Go reads them", arguments: [
        (0, "0"), (-3, "-3"), (1.5, "1.5"), (.infinity, "+Inf"), (-.infinity, "-Inf"), (.nan, "NaN"), (1e300, "1e+300"),
    ] as [(Double, String)])
    func numbers(_ number: Double, _ text: String) {
        #expect(PrometheusText.number(number) == text)
    }
}
