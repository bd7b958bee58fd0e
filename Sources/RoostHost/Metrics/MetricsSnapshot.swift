internal import Roost

/// All metrics of a process, or of several together, at one moment.
struct MetricsSnapshot: Sendable, Hashable, Codable {
    /// By name.
    var families: [String: MetricFamily] = [:]

    /// Adds another process's: counts and sums are added up, and so is what there is of something now.
    ///
    /// A family that is of another kind there is left out: the two processes run different code, and only one can be right.
    mutating func add(_ other: MetricsSnapshot) {
        for (name, family) in other.families {
            guard var own = families[name] else {
                families[name] = family
                continue
            }
            guard own.kind == family.kind else { continue }
            // Of the workers' certificates the oldest counts.
            let isEnd = name == MetricName.certificateExpiry
            for (labels, value) in family.series {
                own.series[labels] = own.series[labels].map { isEnd ? $0.number < value.number ? $0 : value : $0.adding(value) } ?? value
            }
            families[name] = own
        }
    }

    /// What remains when the process is gone: what has happened, and not how things were.
    var past: MetricsSnapshot {
        MetricsSnapshot(families: families.filter { $0.value.kind != .gauge })
    }

    mutating func set(_ name: String, _ kind: MetricKind, _ labels: [MetricLabel] = [], to value: Double) {
        families[name, default: MetricFamily(kind: kind)].series[labels] = MetricValue(value)
    }

    /// The value of all series of a family together that have these labels, perhaps among others; nil if there is none.
    func total(_ name: String, where labels: [MetricLabel] = []) -> MetricValue? {
        guard let family = families[name] else { return nil }
        return family.series.filter { series in labels.allSatisfy(series.key.contains) }.values.reduce(nil) { $0?.adding($1) ?? $1 }
    }
}

/// All series of one name.
struct MetricFamily: Sendable, Hashable {
    var kind: MetricKind
    /// By labels, which are in the order of their names.
    var series: [[MetricLabel]: MetricValue] = [:]
}

/// What a metric is, as Prometheus calls it.
enum MetricKind: String, Sendable, Codable {
    case counter, gauge, histogram, summary
}

struct MetricLabel: Sendable, Hashable, Codable {
    var name: String
    var value: String

    init(_ name: String, _ value: String) {
        self.name = name
        self.value = value
    }
}

/// The value of one series.
struct MetricValue: Sendable, Hashable, Codable {
    /// A counter's or gauge's value; how many values a histogram or summary has seen.
    var number: Double
    /// The sum of those values.
    var sum: Double?
    /// How many of those values were up to each of `MetricBuckets.bounds` and above the one before it; at the end those above all.
    var buckets: [Double]?

    init(_ number: Double, sum: Double? = nil, buckets: [Double]? = nil) {
        self.number = number
        self.sum = sum
        self.buckets = buckets
    }

    func adding(_ other: MetricValue) -> MetricValue {
        var result = self
        result.number += other.number
        if let sum, let more = other.sum { result.sum = sum + more }
        if let buckets, let more = other.buckets, buckets.count == more.count { result.buckets = zip(buckets, more).map(+) }
        return result
    }
}

/// The bounds of histograms, which are of times in seconds.
enum MetricBuckets {
    static let bounds: [Double] = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60]
}

extension MetricFamily: Codable {
    private struct Series: Codable {
        var labels: [MetricLabel]
        var value: MetricValue
    }

    private enum CodingKeys: CodingKey {
        case kind, series
    }

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        kind = try container.decode(MetricKind.self, forKey: .kind)
        for entry in try container.decode([Series].self, forKey: .series) { series[entry.labels] = entry.value }
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(kind, forKey: .kind)
        try container.encode(series.map { Series(labels: $0.key, value: $0.value) }, forKey: .series)
    }
}
