internal import Glibc

/// A status as `roost status` shows it, and how it has changed since an earlier one.
struct StatusScreen {
    let status: ServiceStatus
    /// The one before, and how many seconds ago that was.
    var earlier: (status: ServiceStatus, seconds: Double)?
    /// How many lines there is room for; nil for any number.
    var height: Int?
    /// In seconds since 1970.
    var now = Double(Glibc.time(nil))

    var text: String {
        var lines = head
        lines.append("")
        lines += workers
        if !status.inFlight.isEmpty {
            lines.append("")
            lines += requests
        }
        if let height, lines.count > height {
            let hidden = lines.count - height + 1
            lines = Array(lines.prefix(height - 1)) + ["  … \(hidden) more lines"]
        }
        return lines.joined(separator: "\n")
    }

    private var head: [String] {
        let readiness = status.ready ? "ready" : "not ready"
        var lines = [
            "\(OneLine.escaped(status.app))   \(status.phase.rawValue), \(readiness)   up \(Self.age(status.uptime))   pid \(status.pid)   roost \(status.version)", "",
        ]
        for (index, bind) in status.binds.enumerated() { lines.append(Self.row(index == 0 ? "listens on" : "", OneLine.escaped(bind))) }
        for (index, certificate) in (status.certificates ?? []).enumerated() {
            lines.append(Self.row(index == 0 ? "certificate" : "", certificateText(certificate)))
        }
        lines.append(Self.row("requests", requestCounts))
        lines.append(Self.row("latency", latencyText))
        lines.append(Self.row("connections", connectionCounts))
        lines.append(Self.row("workers", "\(status.workers.count { $0.state == "serving" }) serving, \(status.restarts) replaced or lost"))
        return lines
    }

    private func certificateText(_ certificate: CertificateStatus) -> String {
        let left = certificate.notAfter - now
        let end = left > 0 ? "expires in \(Self.age(left))" : "expired \(Self.age(-left)) ago"
        return OneLine.escaped("\(certificate.subject.isEmpty ? "" : "\(certificate.subject), ")\(end) (\(certificate.certfile))")
    }

    private var connectionCounts: String {
        var text = "\(status.connections)"
        if let count = status.http2Connections, count > 0 { text += ", \(count) of them HTTP/2" }
        if let count = status.webSockets, count > 0 { text += "; \(ServiceStatusText.counted(count, "WebSocket"))" }
        return text
    }

    private static func row(_ name: String, _ text: String) -> String { "  \(name.padded(to: 12))\(text)" }

    private var requestCounts: String {
        var text = "\(status.requests)"
        if let earlier, earlier.seconds > 0 {
            text += ", \(Self.decimal(Double(status.requests - earlier.status.requests) / earlier.seconds)) a second"
        }
        let total = status.responses.values.reduce(0, &+)
        if total > 0 {
            let shares = status.responses.sorted { $0.key < $1.key }.map { "\($0.key) \(Self.decimal(Double($0.value) * 100 / Double(total))) %" }
            text += " (\(shares.joined(separator: ", ")))"
        }
        return "\(text); \(status.requestsInFlight) in flight"
    }

    private var latencyText: String {
        var latency = status.latency
        // Between two looks only what has ended since counts.
        if let before = earlier?.status.latency, before.counts.count == latency.counts.count {
            latency.counts = zip(latency.counts, before.counts).map { max(0, $0 - $1) }
        }
        let parts = [(0.5, "p50"), (0.9, "p90"), (0.99, "p99")].compactMap { part, name in
            latency.quantile(part).map { "\(name) \(Self.time($0))" }
        }
        return parts.isEmpty ? "-" : parts.joined(separator: "   ")
    }

    private var workers: [String] {
        let rows = status.workers.map { worker in
            [
                "\(worker.number)", worker.pid.map { "\($0)" } ?? "-", worker.silence >= 1 ? "silent \(Self.age(worker.silence))" : OneLine.escaped(worker.state),
                Self.age(worker.age), "\(worker.connections)", "\(worker.requestsInFlight)", "\(worker.requests)",
                worker.memory.map { "\(Self.decimal(Double($0) / 1_048_576)) MiB" } ?? "-",
            ]
        }
        return Self.table(["WORKER", "PID", "STATE", "AGE", "CONNECTIONS", "IN FLIGHT", "REQUESTS", "MEMORY"], rows, left: [2])
    }

    private var requests: [String] {
        let rows = status.inFlight.map { request in
            [
                Self.time(request.age), "\(request.worker)", OneLine.escaped(request.client ?? "-"),
                "\(OneLine.escaped(request.method)) \(OneLine.escaped(request.path))", OneLine.escaped(request.id),
            ]
        }
        return Self.table(["AGE", "WORKER", "CLIENT", "REQUEST IN FLIGHT", "ID"], rows, left: [2, 3, 4])
    }

    /// - Parameter left: The columns whose texts begin at the same place; the others end there.
    private static func table(_ titles: [String], _ rows: [[String]], left: Set<Int>) -> [String] {
        let all = [titles] + rows
        let widths = titles.indices.map { column in all.map { $0[column].count }.max() ?? 0 }
        return all.map { row in
            let cells = row.enumerated().map { column, text in
                left.contains(column) ? text.padded(to: widths[column]) : text.padded(to: widths[column], atEnd: false)
            }
            var line = "  " + cells.joined(separator: "  ")
            while line.last == " " { line.removeLast() }
            return line
        }
    }

    /// `3d 4h`, `2h 5m`, `12m 3s`, `12s`.
    static func age(_ seconds: Double) -> String {
        let whole = Int(exactly: max(0, seconds).rounded(.down)) ?? 0
        let units = [(whole / 86400, "d"), (whole / 3600 % 24, "h"), (whole / 60 % 60, "m"), (whole % 60, "s")]
        guard let first = units.firstIndex(where: { $0.0 > 0 }) else { return "0s" }
        return units[first..<min(first + 2, units.count)].filter { $0.0 > 0 }.map { "\($0.0)\($0.1)" }.joined(separator: " ")
    }

    /// `0.4 ms`, `12 ms`, `1.5 s`.
    static func time(_ seconds: Double) -> String {
        seconds < 1 ? "\(decimal(seconds * 1000)) ms" : seconds < 60 ? "\(decimal(seconds)) s" : age(seconds)
    }

    /// With one decimal place below 10, without one above.
    static func decimal(_ number: Double) -> String {
        guard number.isFinite, abs(number) < 1e15 else { return "-" }
        guard abs(number) < 9.95 else { return "\(Int(number.rounded()))" }
        let tenths = Int((number * 10).rounded())
        return tenths % 10 == 0 ? "\(tenths / 10)" : "\(tenths < 0 ? "-" : "")\(abs(tenths) / 10).\(abs(tenths) % 10)"
    }
}

extension String {
    fileprivate func padded(to width: Int, atEnd: Bool = true) -> String {
        let spaces = String(repeating: " ", count: max(0, width - count))
        return atEnd ? self + spaces : spaces + self
    }
}
