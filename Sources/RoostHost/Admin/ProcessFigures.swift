internal import Glibc

/// What the kernel knows of this process, for metrics.
enum ProcessFigures {
    /// User and system time in seconds, of all threads.
    static var processorTime: Double {
        var usage = rusage()
        guard getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage) == 0 else { return 0 }
        return seconds(usage.ru_utime) + seconds(usage.ru_stime)
    }

    /// Adds them to the metrics of a process.
    static func add(to metrics: inout MetricsSnapshot) {
        metrics.set(MetricHelp.processorTime, .counter, to: processorTime)
        metrics.set(MetricHelp.lostLines, .counter, to: Double(LogLosses.total))
        if let bytes = ProcessMemory.resident(of: getpid()) { metrics.set(MetricHelp.memory, .gauge, to: Double(bytes)) }
    }

    private static func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + Double(time.tv_usec) / 1e6 }
}
