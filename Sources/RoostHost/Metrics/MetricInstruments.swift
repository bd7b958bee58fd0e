internal import CoreMetrics
internal import Synchronization

/// Something that a series' value comes from.
protocol MetricInstrument: AnyObject, Sendable {
    var kind: MetricKind { get }
    var value: MetricValue { get }
}

final class CounterInstrument: MetricInstrument, CounterHandler {
    private let count = Atomic<Int64>(0)

    var kind: MetricKind { .counter }
    var value: MetricValue { MetricValue(Double(count.load(ordering: .relaxed))) }

    func increment(by amount: Int64) { count.wrappingAdd(amount, ordering: .relaxed) }
    func reset() { count.store(0, ordering: .relaxed) }
}

/// What somebody sets, or changes by amounts; also a recorder that does not aggregate.
final class GaugeInstrument: MetricInstrument, MeterHandler, RecorderHandler {
    private let bits = Atomic<UInt64>(0)

    var kind: MetricKind { .gauge }
    var value: MetricValue { MetricValue(Double(bitPattern: bits.load(ordering: .relaxed))) }

    func set(_ value: Int64) { set(Double(value)) }
    func set(_ value: Double) { bits.store(value.bitPattern, ordering: .relaxed) }
    func record(_ value: Int64) { set(value) }
    func record(_ value: Double) { set(value) }
    func decrement(by amount: Double) { increment(by: -amount) }

    func increment(by amount: Double) {
        var old = bits.load(ordering: .relaxed)
        while true {
            let (isDone, found) = bits.weakCompareExchange(
                expected: old, desired: (Double(bitPattern: old) + amount).bitPattern, ordering: .relaxed)
            if isDone { return }
            old = found
        }
    }
}

/// Numbers of unknown size: how many there were, and their sum.
final class SummaryInstrument: MetricInstrument, RecorderHandler {
    private let seen = Mutex((count: 0.0, sum: 0.0))

    var kind: MetricKind { .summary }
    var value: MetricValue { seen.withLock { MetricValue($0.count, sum: $0.sum) } }

    func record(_ value: Int64) { record(Double(value)) }

    func record(_ value: Double) {
        seen.withLock {
            $0.count += 1
            $0.sum += value
        }
    }
}

/// Times.
final class HistogramInstrument: MetricInstrument, TimerHandler {
    private struct Seen {
        var counts = [UInt64](repeating: 0, count: HistogramInstrument.bounds.count + 1)
        var nanoseconds: UInt64 = 0
    }

    /// In nanoseconds.
    private static let bounds = MetricBuckets.bounds.map { Int64($0 * 1e9) }

    private let seen = Mutex(Seen())

    var kind: MetricKind { .histogram }

    var value: MetricValue {
        let seen = seen.withLock(\.self)
        return MetricValue(
            Double(seen.counts.reduce(0, &+)), sum: Double(seen.nanoseconds) / 1e9, buckets: seen.counts.map { Double($0) })
    }

    func recordNanoseconds(_ duration: Int64) {
        let duration = max(0, duration)
        var place = 0
        while place < Self.bounds.count, duration > Self.bounds[place] { place += 1 }
        seen.withLock {
            $0.counts[place] &+= 1
            $0.nanoseconds &+= UInt64(duration)
        }
    }
}
