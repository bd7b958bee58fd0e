internal import Roost

/// Writes one line for each request that has ended.
struct AccessLog: Sendable {
    private let file: AccessLogFile
    private let time = AccessLogTime()

    init(_ file: AccessLogFile) {
        self.file = file
    }

    /// Opens the file again, after it was moved away.
    func reopen() { file.reopen() }

    /// The time in the line is that of this call.
    func record(_ entry: AccessEntry) {
        file.write(AccessLogLine(entry, time: time.now()).bytes)
    }
}

extension AccessLogLine {
    init(_ entry: AccessEntry, time: String) {
        let scope = entry.scope
        let query = scope.queryString
        self.init(
            client: scope.client?.host,
            time: time,
            method: scope.method,
            target: query.isEmpty ? scope.rawPath : "\(scope.rawPath)?\(query)",
            httpVersion: scope.httpVersion,
            status: entry.status == 0 ? nil : entry.status,
            bodyBytes: entry.bodyBytes,
            referer: scope.headers["referer"],
            userAgent: scope.headers["user-agent"],
            duration: entry.duration,
            requestID: scope.requestID
        )
    }
}
