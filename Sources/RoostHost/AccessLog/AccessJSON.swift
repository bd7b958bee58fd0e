internal import Glibc
internal import HTTPWire
internal import Roost

/// A request as a JSON object: everything that is known of it, by the names that the log's fields have.
enum AccessJSON {
    /// Appends the object. What is not known has no key, but for `status`, which is null.
    static func write(_ entry: borrowing AccessEntry, worker: Int?, to buffer: inout WireBuffer) {
        let head = entry.head
        buffer.append("{\"time\":\"")
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        buffer.append(LogLine.timestamp(now).utf8.span)
        buffer.append("\"")
        member(",\"client\":", entry.clientName, &buffer)
        if let port = entry.client?.port, port > 0 { member(",\"client_port\":", port, &buffer) }
        member(",\"method\":", head.bytes[head.methodRange], &buffer)
        buffer.append(entry.isHTTPS ? ",\"scheme\":\"https\"" : ",\"scheme\":\"http\"")
        member(",\"host\":", entry.requestField("host"), &buffer)
        member(",\"path\":", entry.rawPath, &buffer)
        member(",\"query\":", head.bytes[head.queryStringRange], &buffer)
        buffer.append(head.version == .http11 ? ",\"protocol\":\"HTTP/1.1\"" : ",\"protocol\":\"HTTP/1.0\"")
        if entry.status > 0 { member(",\"status\":", entry.status, &buffer) } else { buffer.append(",\"status\":null") }
        member(",\"bytes\":", entry.bodyBytes, &buffer)
        member(",\"duration_us\":", entry.microseconds, &buffer)
        buffer.append(entry.isComplete ? ",\"complete\":true" : ",\"complete\":false")
        member(",\"referer\":", entry.requestField("referer"), &buffer)
        member(",\"user_agent\":", entry.requestField("user-agent"), &buffer)
        buffer.append(",\"request_id\":\"")
        buffer.append(entry.requestID)
        buffer.append("\"")
        if let traceID = entry.traceID { member(",\"trace_id\":", traceID, &buffer) }
        if let worker { member(",\"worker\":", worker, &buffer) }
        if let bind = entry.bind { member(",\"bind\":", bind, &buffer) }
        buffer.append("}")
    }

    private static func member(_ name: StaticString, _ number: Int, _ buffer: inout WireBuffer) {
        buffer.append(name)
        buffer.append(decimal: number)
    }

    private static func member(_ name: StaticString, _ text: String, _ buffer: inout WireBuffer) {
        buffer.append(name)
        buffer.append(json: text)
    }

    private static func member(_ name: StaticString, _ value: ArraySlice<UInt8>, _ buffer: inout WireBuffer) {
        guard !value.isEmpty else { return }
        buffer.append(name)
        buffer.append(json: value.span)
    }
}
