/// The line that `systemctl status` shows.
enum ServiceStatusText {
    /// `serving 2 binds, 12 connections`.
    static func serving(binds: Int, connections: Int) -> String {
        "serving \(counted(binds, "bind"))" + (connections > 0 ? ", \(counted(connections, "connection"))" : "")
    }

    /// `serving 2 binds, 4 workers`, or `serving 2 binds, 3 of 4 workers`.
    static func serving(binds: Int, workers: Int, of target: Int) -> String {
        "serving \(counted(binds, "bind")), \(workers == target ? "" : "\(workers) of ")\(counted(target, "worker"))"
    }

    /// `draining 3 requests`.
    static func draining(requests: Int) -> String {
        requests > 0 ? "draining \(counted(requests, "request"))" : "draining"
    }

    /// `1 bind`, `2 binds`.
    static func counted(_ number: Int, _ noun: String) -> String {
        "\(number) \(noun)\(number == 1 ? "" : "s")"
    }
}
