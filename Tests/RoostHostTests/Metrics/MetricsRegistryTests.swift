import CoreMetrics
import Synchronization
import Testing

@testable import RoostHost

@Suite("Metrics of a process")
struct MetricsRegistryTests {
    @Test("are kept by name and labels, whoever makes the front end")
    func counted() {
        let registry = MetricsRegistry()
        for _ in 0..<2 { Counter(label: "hits", dimensions: [("b", "2"), ("a", "1")], factory: registry).increment(by: 3) }
        Counter(label: "hits", dimensions: [("a", "1"), ("b", "3")], factory: registry).increment()
        let snapshot = registry.snapshot()
        #expect(snapshot.families["hits"]?.kind == .counter)
        #expect(snapshot.families["hits"]?.series[[MetricLabel("a", "1"), MetricLabel("b", "2")]]?.number == 6)
        #expect(snapshot.total("hits")?.number == 7)
        #expect(snapshot.total("hits", where: [MetricLabel("b", "3")])?.number == 1)
        #expect(snapshot.total("hits", where: [MetricLabel("b", "4")]) == nil)
    }

    @Test("go up and down where they are gauges")
    func gauges() {
        let registry = MetricsRegistry()
        let meter = Meter(label: "level", dimensions: [], factory: registry)
        meter.set(5)
        meter.increment(by: 2.5)
        meter.decrement(by: 1)
        Gauge(label: "other", dimensions: [], factory: registry).record(7)
        let snapshot = registry.snapshot()
        #expect(snapshot.total("level")?.number == 6.5)
        #expect(snapshot.total("other")?.number == 7)
        #expect(snapshot.families.values.allSatisfy { $0.kind == .gauge })
    }

    @Test("put times into buckets, bounds included")
    func times() throws {
        let registry = MetricsRegistry()
        let timer = Timer(label: "time", dimensions: [], factory: registry)
        for nanoseconds: Int64 in [-5, 0, 500_000, 500_001, 1_000_000_000, 60_000_000_001] { timer.recordNanoseconds(nanoseconds) }
        let value = try #require(registry.snapshot().total("time"))
        #expect(value.number == 6)
        #expect(value.buckets?[0] == 3)
        #expect(value.buckets?[1] == 1)
        #expect(value.buckets?[MetricBuckets.bounds.firstIndex(of: 1)!] == 1)
        #expect(value.buckets?.last == 1)
        #expect(value.buckets?.reduce(0, +) == 6)
        #expect(abs((value.sum ?? 0) - 61.001_000_002) < 0.000_001)
    }

    @Test("count and add up what has no unit")
    func summaries() {
        let registry = MetricsRegistry()
        let recorder = Recorder(label: "sizes", dimensions: [], aggregate: true, factory: registry)
        recorder.record(2)
        recorder.record(3.5)
        #expect(registry.snapshot().total("sizes") == MetricValue(2, sum: 5.5))
        #expect(registry.snapshot().families["sizes"]?.kind == .summary)
    }

    @Test("have one kind for a name")
    func kinds() {
        let registry = MetricsRegistry()
        Counter(label: "one", dimensions: [], factory: registry).increment()
        Gauge(label: "one", dimensions: [], factory: registry).record(5)
        Gauge(label: "one", dimensions: [("a", "b")], factory: registry).record(5)
        #expect(registry.snapshot().families == ["one": MetricFamily(kind: .counter, series: [[]: MetricValue(1)])])
    }

    @Test("are not more than there is room for")
    func capacity() {
        let warnings = Mutex<[String]>([])
        let registry = MetricsRegistry { line in warnings.withLock { $0.append(line) } }
        for number in 0..<(MetricsRegistry.capacity + 10) { Counter(label: "n", dimensions: [("number", "\(number)")], factory: registry).increment() }
        #expect(registry.snapshot().total("n")?.number == Double(MetricsRegistry.capacity))
        #expect(warnings.withLock(\.self).count == 1)
        Counter(label: "n", dimensions: [("number", "0")], factory: registry).increment()
        #expect(registry.snapshot().total("n", where: [MetricLabel("number", "0")])?.number == 2)
    }

    @Test("go to the app's own place too, and nowhere if nobody looks")
    func places() {
        let (registry, other) = (MetricsRegistry(), MetricsRegistry())
        #expect(registry.factory(isShown: false, besides: NOOPMetricsHandler.instance) is NOOPMetricsHandler)
        #expect(registry.factory(isShown: false, besides: other) is NOOPMetricsHandler)
        #expect(registry.factory(isShown: true, besides: NOOPMetricsHandler.instance) is MetricsRegistry)
        #expect(registry.factory(isShown: true, besides: other) as? MetricsRegistry === registry)
        let elsewhere = MultiplexMetricsHandler(factories: [other])
        #expect(registry.factory(isShown: false, besides: elsewhere) is MultiplexMetricsHandler)
        Counter(label: "n", dimensions: [], factory: registry.factory(isShown: true, besides: elsewhere)).increment()
        #expect(registry.snapshot().total("n")?.number == 1)
        #expect(other.snapshot().total("n")?.number == 1)
    }

    @Test("are counted by many threads at once")
    func threads() async {
        let registry = MetricsRegistry()
        await withTaskGroup { group in
            for _ in 0..<8 {
                group.addTask {
                    let counter = Counter(label: "c", dimensions: [], factory: registry)
                    let timer = Timer(label: "t", dimensions: [], factory: registry)
                    let meter = Meter(label: "m", dimensions: [], factory: registry)
                    for _ in 0..<1000 {
                        counter.increment()
                        timer.recordNanoseconds(1)
                        meter.increment(by: 1)
                    }
                }
            }
        }
        let snapshot = registry.snapshot()
        for name in ["c", "t", "m"] { #expect(snapshot.total(name)?.number == 8000) }
    }
}

@Suite("Metrics of several processes")
struct MetricsSnapshotTests {
    private func snapshot(_ requests: Double, _ connections: Double, _ buckets: [Double]) -> MetricsSnapshot {
        var snapshot = MetricsSnapshot()
        snapshot.set("requests", .counter, [MetricLabel("status", "2xx")], to: requests)
        snapshot.set("connections", .gauge, to: connections)
        snapshot.families["time"] = MetricFamily(kind: .histogram, series: [[]: MetricValue(buckets.reduce(0, +), sum: 1, buckets: buckets)])
        return snapshot
    }

    @Test("are added up")
    func sum() {
        var all = snapshot(1, 2, [1, 0])
        all.add(snapshot(10, 20, [0, 3]))
        var other = MetricsSnapshot()
        other.set("requests", .counter, [MetricLabel("status", "5xx")], to: 4)
        other.set("connections", .counter, to: 99)
        all.add(other)
        #expect(all.total("requests", where: [MetricLabel("status", "2xx")])?.number == 11)
        #expect(all.total("requests")?.number == 15)
        #expect(all.total("connections")?.number == 22)
        #expect(all.total("time") == MetricValue(4, sum: 2, buckets: [1, 3]))
    }

    @Test("that are gone leave what has happened")
    func past() {
        #expect(Set(snapshot(1, 2, [1, 0]).past.families.keys) == ["requests", "time"])
    }

    @Test("come out of a message as they went in, and no others")
    func messages() throws {
        let observation = WorkerObservation(
            requests: [RequestStatus(id: "r\"1\n", worker: 1, method: "GET", path: "/a", client: nil, age: 1.5)],
            metrics: snapshot(.infinity, 2, [1, 0]))
        #expect(try WorkerObservation(observation.encoded(longest: 1 << 20)) == observation)
        for text in ["", "{", "[]", "{}", "{\"requests\":1,\"metrics\":{\"families\":{}}}", "{\"requests\":[],\"metrics\":{\"families\":{\"a\":{\"kind\":\"x\",\"series\":[]}}}}"] {
            #expect(throws: (any Error).self) { try WorkerObservation(text.utf8) }
        }
    }

    @Test("are cut to what a message holds: the app's own first")
    func cut() throws {
        var metrics = MetricsSnapshot()
        metrics.set("roost_a", .counter, to: 1)
        for number in 0..<1000 { metrics.set("app", .counter, [MetricLabel("number", "\(number)")], to: 1) }
        let observation = WorkerObservation(metrics: metrics)
        #expect(try WorkerObservation(observation.encoded(longest: 1000)).metrics.families.keys.sorted() == ["roost_a"])
        #expect(try WorkerObservation(observation.encoded(longest: 60)) == WorkerObservation())
    }
}
