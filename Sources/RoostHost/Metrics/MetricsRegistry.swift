internal import CoreMetrics
internal import Logging
internal import Synchronization

/// Keeps the metrics of this process, for as long as it lives, for a swift-metrics front end.
final class MetricsRegistry: MetricsFactory, Sendable {
    /// More series than any dashboard shows: an app that makes a label of whatever its clients send has mistaken metrics for a log.
    static let capacity = 2000

    /// That of the process.
    static let shared = MetricsRegistry { line in
        Logger(label: "roost") { LogDestination.current.handler(label: $0, logLevel: .info) }.warning("\(line)")
    }

    private struct Key: Hashable {
        let name: String
        let labels: [MetricLabel]
    }

    private struct State {
        var instruments: [Key: any MetricInstrument] = [:]
        var kinds: [String: MetricKind] = [:]
    }

    private let state = Mutex(State())
    private let warn: @Sendable (String) -> Void
    private let hasWarned = Atomic(false)

    /// Where a server is to count: here if that is shown, and where else the app wants its metrics.
    ///
    /// - Parameter isShown: Whether somebody reads what is counted here.
    func factory(isShown: Bool, besides other: any MetricsFactory = MetricsSystem.factory) -> any MetricsFactory {
        let isOther = !(other is NOOPMetricsHandler) && !(other is MetricsRegistry)
        guard isShown else { return isOther ? other : NOOPMetricsHandler.instance }
        return isOther ? MultiplexMetricsHandler(factories: [self, other]) : self
    }

    /// - Parameter warn: Is called once, with a line for the operator, when there is no place for a further series.
    init(warn: @escaping @Sendable (String) -> Void = { _ in }) {
        self.warn = warn
    }

    func snapshot() -> MetricsSnapshot {
        let (instruments, kinds) = state.withLock { ($0.instruments, $0.kinds) }
        var snapshot = MetricsSnapshot()
        for (key, instrument) in instruments {
            guard let kind = kinds[key.name], kind == instrument.kind else { continue }
            snapshot.families[key.name, default: MetricFamily(kind: kind)].series[key.labels] = instrument.value
        }
        return snapshot
    }

    /// The instrument of this name and these labels; nil if another kind has the name, or if there are too many.
    private func instrument<Instrument: MetricInstrument>(
        _ label: String, _ dimensions: [(String, String)], _ make: () -> Instrument
    ) -> Instrument? {
        let key = Key(
            name: MetricSyntax.name(label),
            labels: dimensions.map { MetricLabel(MetricSyntax.labelName($0.0), $0.1) }.sorted { $0.name < $1.name })
        let isFull: Bool
        let found: Instrument?
        (found, isFull) = state.withLock { state in
            if let known = state.instruments[key] { return (known as? Instrument, false) }
            guard state.instruments.count < Self.capacity else { return (nil, true) }
            let made = make()
            guard state.kinds[key.name, default: made.kind] == made.kind else { return (nil, false) }
            state.kinds[key.name] = made.kind
            state.instruments[key] = made
            return (made, false)
        }
        if isFull, !hasWarned.exchange(true, ordering: .relaxed) {
            warn("there are more than \(Self.capacity) series of metrics: \(OneLine.quoted(label)) and further new ones are not counted; give labels few values")
        }
        return found
    }

    // MARK: MetricsFactory

    func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        instrument(label, dimensions) { CounterInstrument() } ?? NOOPMetricsHandler.instance
    }

    func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
        instrument(label, dimensions) { GaugeInstrument() } ?? NOOPMetricsHandler.instance
    }

    func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool) -> any RecorderHandler {
        if aggregate { return instrument(label, dimensions) { SummaryInstrument() } ?? NOOPMetricsHandler.instance }
        return instrument(label, dimensions) { GaugeInstrument() } ?? NOOPMetricsHandler.instance
    }

    func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        instrument(label, dimensions) { HistogramInstrument() } ?? NOOPMetricsHandler.instance
    }

    // What an instrument has counted stays true when nobody counts any more.
    func destroyCounter(_ handler: any CounterHandler) {}
    func destroyMeter(_ handler: any MeterHandler) {}
    func destroyRecorder(_ handler: any RecorderHandler) {}
    func destroyTimer(_ handler: any TimerHandler) {}
}
