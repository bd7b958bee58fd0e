internal import Glibc
internal import HTTPWire
internal import Roost

/// A request as a JSON object: everything that is known of it, by the names that the log's fields have.
struct AccessJSON: Sendable {
    private var second = time_t.min
    /// `2026-11-23T09:30:00`
    private var time: [UInt8] = []

    /// Appends the object. What is not known has no key, but for `status`, which is null.
    mutating func write(_ entry: borrowing AccessEntry, worker: Int?, to buffer: inout WireBuffer) {
        let head = entry.head
        buffer.append("{\"time\":\"")
        writeTime(&buffer)
        buffer.append("\"")
        Self.member(",\"client\":", entry.clientName, &buffer)
        if let port = entry.client?.port, port > 0 { Self.member(",\"client_port\":", port, &buffer) }
        Self.member(",\"method\":", head.bytes.span.extracting(head.methodRange), &buffer)
        buffer.append(entry.isHTTPS ? ",\"scheme\":\"https\"" : ",\"scheme\":\"http\"")
        head.withValue(of: "host") { Self.member(",\"host\":", $0, &buffer) }
        head.withRawPath { Self.member(",\"path\":", $0, &buffer) }
        Self.member(",\"query\":", head.bytes.span.extracting(head.queryStringRange), &buffer)
        buffer.append(",\"protocol\":\"")
        buffer.append(head.version.name)
        buffer.append("\"")
        if entry.status > 0 { Self.member(",\"status\":", entry.status, &buffer) } else { buffer.append(",\"status\":null") }
        Self.member(",\"bytes\":", entry.bodyBytes, &buffer)
        Self.member(",\"duration_us\":", entry.microseconds, &buffer)
        buffer.append(entry.isComplete ? ",\"complete\":true" : ",\"complete\":false")
        head.withValue(of: "referer") { Self.member(",\"referer\":", $0, &buffer) }
        head.withValue(of: "user-agent") { Self.member(",\"user_agent\":", $0, &buffer) }
        buffer.append(",\"request_id\":\"")
        buffer.append(entry.requestID)
        buffer.append("\"")
        if let traceID = entry.traceID { Self.member(",\"trace_id\":", traceID, &buffer) }
        if let worker { Self.member(",\"worker\":", worker, &buffer) }
        if let bind = entry.bind { Self.member(",\"bind\":", bind, &buffer) }
        buffer.append("}")
    }

    private mutating func writeTime(_ buffer: inout WireBuffer) {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        if now.tv_sec != second {
            second = now.tv_sec
            // Without the milliseconds and the letter behind them.
            time = Array(LogLine.timestamp(now).utf8.dropLast(5))
        }
        buffer.append(time)
        buffer.append(".")
        let milliseconds = now.tv_nsec / 1_000_000
        for divisor in [100, 10, 1] { buffer.append(UInt8(truncatingIfNeeded: milliseconds / divisor % 10) | 0x30) }
        buffer.append("Z")
    }

    private static func member(_ name: StaticString, _ number: Int, _ buffer: inout WireBuffer) {
        buffer.append(name)
        buffer.append(decimal: number)
    }

    private static func member(_ name: StaticString, _ text: String, _ buffer: inout WireBuffer) {
        buffer.append(name)
        buffer.append(json: text)
    }

    private static func member(_ name: StaticString, _ value: Span<UInt8>, _ buffer: inout WireBuffer) {
        guard !value.isEmpty else { return }
        buffer.append(name)
        buffer.append(json: value)
    }
}
