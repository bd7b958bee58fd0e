internal import FoundationEssentials

/// What a worker lets its supervisor show of it.
struct WorkerObservation: Sendable, Hashable, Codable {
    /// The oldest requests whose app is running.
    var requests: [RequestStatus] = []
    var metrics = MetricsSnapshot()

    /// As JSON of at most so many bytes: of what is too much, the app's own metrics are left out first, then all.
    func encoded(longest: Int) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.nonConformingFloatEncodingStrategy = .convertToString(positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
        var smaller = self
        smaller.metrics.families = metrics.families.filter { $0.key.hasPrefix("roost_") || $0.key.hasPrefix("process_") }
        for observation in [self, smaller] {
            if let bytes = try? encoder.encode(observation), bytes.count <= longest { return Array(bytes) }
        }
        return Array("{\"requests\":[],\"metrics\":{\"families\":{}}}".utf8)
    }

    /// - Throws: What does not fit, if it is not what `encoded` gives.
    init(_ bytes: some Sequence<UInt8>) throws {
        let decoder = JSONDecoder()
        decoder.nonConformingFloatDecodingStrategy = .convertFromString(positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
        self = try decoder.decode(WorkerObservation.self, from: Data(bytes))
    }

    init(requests: [RequestStatus] = [], metrics: MetricsSnapshot = MetricsSnapshot()) {
        self.requests = requests
        self.metrics = metrics
    }
}
