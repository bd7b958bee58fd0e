internal import Roost

/// What Roost's metrics are, in one sentence each.
enum MetricHelp {
    static let restarts = "roost_worker_restarts_total"
    static let workers = "roost_workers"
    static let workerMemory = "roost_worker_resident_memory_bytes"
    static let buildInfo = "roost_build_info"
    static let ready = "roost_ready"
    static let lostLines = "roost_log_lines_dropped_total"
    static let processorTime = "process_cpu_seconds_total"
    static let memory = "process_resident_memory_bytes"

    static let texts: [String: String] = [
        MetricName.requests: "Requests that the app was asked to answer, by method and class of status; none if there was no response.",
        MetricName.requestDuration: "From a request's head to the end of its response.",
        MetricName.queueTime: "From the proxy, which says so in X-Request-Start, to the request's arrival here.",
        MetricName.requestsInFlight: "Requests whose app is running.",
        MetricName.refusedRequests: "Requests that were answered without the app because of the client, by status.",
        MetricName.refusedProxyHeaders: "Connections whose PROXY header was malformed, missing, or not allowed.",
        MetricName.failedHandshakes: "TLS handshakes that clients began and that failed.",
        MetricName.certificateExpiry: "When each certificate that is served expires, in seconds since 1970, by its file and subject.",
        MetricName.connections: "Open connections, by protocol and by whether a request is under way on them.",
        MetricName.webSockets: "WebSockets that are open.",
        MetricName.connectionsAccepted: "Connections that were accepted.",
        MetricName.receivedBytes: "Bytes that came from clients.",
        MetricName.sentBytes: "Bytes that were sent to clients.",
        MetricName.loopLag: "How long an event loop took to answer, asked once a second.",
        restarts: "Workers that were lost or replaced.",
        workers: "Workers that serve.",
        workerMemory: "Resident memory of each worker.",
        buildInfo: "1, with the version of Roost.",
        ready: "Whether requests are served: 1, or 0 while it starts or stops.",
        lostLines: "Lines of the logs, and entries of the journal, that were not taken.",
        processorTime: "User and system time that all processes have taken.",
        memory: "Resident memory of all processes.",
    ]
}
