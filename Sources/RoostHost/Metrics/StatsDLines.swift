/// What is to be told a StatsD server, until it is: counters together, times one by one.
struct StatsDLines: Sendable {
    /// A datagram of this many bytes is not cut into pieces on its way, as a rule.
    static let datagram = 1432

    /// Stands before every name.
    let prefix: String
    /// Stands behind every value, as DogStatsD wants it: `|#env:prod,team:web`, or nothing.
    let suffix: String
    private var counts: [String: Int] = [:]
    private var times: [String] = []

    /// - Parameter tags: DogStatsD's, separated by commas; empty for a plain StatsD server.
    init(prefix: String, tags: String) {
        self.prefix = prefix
        suffix = tags.isEmpty ? "" : "|#\(tags)"
    }

    mutating func request(status: Int, duration: Duration) {
        count("requests")
        if status > 0 { count("request.status.\(status)") }
        let (seconds, attoseconds) = max(duration, .zero).components
        let microseconds = String(attoseconds / 1_000_000_000_000 % 1000)
        let milliseconds = seconds * 1000 + attoseconds / 1_000_000_000_000_000
        times.append("\(milliseconds).\(String(repeating: "0", count: 3 - microseconds.count))\(microseconds)")
    }

    mutating func logged(_ level: String) { count("log.\(level)") }

    private mutating func count(_ name: String) { counts[name, default: 0] += 1 }

    /// Whether there is a datagram's worth.
    var isFull: Bool { times.count >= 32 }

    /// Takes all of it out, in datagrams.
    mutating func take() -> [String] {
        var lines = counts.sorted { $0.key < $1.key }.map { "\(prefix)roost.\($0.key):\($0.value)|c\(suffix)" }
        lines += times.map { "\(prefix)roost.request.duration:\($0)|ms\(suffix)" }
        counts = [:]
        times = []
        var datagrams: [String] = []
        for line in lines {
            if let last = datagrams.last, last.utf8.count + 1 + line.utf8.count <= Self.datagram {
                datagrams[datagrams.count - 1] = last + "\n" + line
            } else {
                datagrams.append(line)
            }
        }
        return datagrams
    }
}
