/// Metrics in Prometheus' text-based exposition format, version 0.0.4.
enum PrometheusText {
    static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    static func write(_ snapshot: MetricsSnapshot) -> String {
        var text = ""
        for (name, family) in snapshot.families.sorted(by: { $0.key < $1.key }) {
            if let help = MetricHelp.texts[name] { text += "# HELP \(name) \(help)\n" }
            text += "# TYPE \(name) \(family.kind.rawValue)\n"
            for (labels, value) in family.series.sorted(by: { ordered($0.key, $1.key) }) {
                switch family.kind {
                case .counter, .gauge: line(&text, name, labels, settled(value.number))
                case .histogram: histogram(&text, name, labels, value)
                case .summary:
                    line(&text, name + "_sum", labels, value.sum ?? 0)
                    line(&text, name + "_count", labels, value.number)
                }
            }
        }
        return text
    }

    private static func histogram(_ text: inout String, _ name: String, _ labels: [MetricLabel], _ value: MetricValue) {
        var total = 0.0
        for (bound, count) in zip(MetricBuckets.bounds, value.buckets ?? []) {
            total += count
            line(&text, name + "_bucket", labels + [MetricLabel("le", number(bound))], total)
        }
        line(&text, name + "_bucket", labels + [MetricLabel("le", "+Inf")], value.number)
        line(&text, name + "_sum", labels, settled(value.sum ?? 0))
        line(&text, name + "_count", labels, value.number)
    }

    /// Without what the order of adding up leaves in the last digits: a sum that is less by a hair than it was counts as begun anew.
    private static func settled(_ value: Double) -> Double {
        guard value.isFinite, value != value.rounded() else { return value }
        let scale = abs(value) < 4e6 ? 1e9 : 1e3
        return (value * scale).rounded() / scale
    }

    private static func line(_ text: inout String, _ name: String, _ labels: [MetricLabel], _ value: Double) {
        text += name
        if !labels.isEmpty { text += "{" + labels.map { "\($0.name)=\"\(escaped($0.value))\"" }.joined(separator: ",") + "}" }
        text += " \(number(value))\n"
    }

    /// `12` rather than `12.0`.
    static func number(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
        return Int64(exactly: value).map(String.init) ?? "\(value)"
    }

    private static func escaped(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\": result += "\\\\"
            case "\"": result += "\\\""
            case "\n": result += "\\n"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    private static func ordered(_ left: [MetricLabel], _ right: [MetricLabel]) -> Bool {
        left.lexicographicallyPrecedes(right) { ($0.name, $0.value) < ($1.name, $1.value) }
    }
}
