internal import ArgumentParser
internal import Glibc

/// `roost status`.
struct StatusCommand: ParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "status",
            abstract: "Show how a running service is doing: addresses, workers, latency, requests in flight.",
            usage: "roost status [<service>] [--watch | --json]",
            discussion: """
                It asks the service's admin socket (--admin-socket of roost serve), as its owner or root may.

                EXAMPLES:
                  roost status shop                      the service roost@shop
                  roost status /run/shop/admin.sock
                  roost status shop --watch
                  roost status shop --json | jq '.workers[].memory'
                """
        )
    }

    @Argument(help: "The name of a service roost@NAME, or the path of an admin socket; else $ROOST_ADMIN_SOCKET, or the only service below \(directory).")
    var service: String?

    @Flag(help: "Show it anew every second, until Ctrl-C.")
    var watch = false

    @Flag(help: "Print it as JSON, as the admin socket gives it.")
    var json = false

    /// Where the shipped units have their admin sockets, each in a directory of its own.
    private static let directory = "/run/roost"

    /// The socket to ask.
    func socket(environment: [String: String]) throws(CommandLineError) -> String {
        if let service {
            return service.contains("/") ? service : "\(Self.directory)/\(service)/admin.sock"
        }
        if let path = environment["ROOST_ADMIN_SOCKET"], !path.isEmpty { return path }
        let found = Self.sockets
        if found.count == 1 { return found[0] }
        let names = found.isEmpty ? "" : "; there are \(found.map { OneLine.escaped($0) }.joined(separator: ", "))"
        throw CommandLineError("no service named: name one, such as roost status shop or roost status /run/app/admin.sock\(names)", help: "roost status --help")
    }

    private static var sockets: [String] {
        guard let stream = opendir(directory) else { return [] }
        defer { closedir(stream) }
        var found: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
            let path = "\(directory)/\(name)/admin.sock"
            if !name.hasPrefix("."), access(path, F_OK) == 0 { found.append(path) }
        }
        return found.sorted()
    }

    /// Shows what it was asked for.
    func show(environment: [String: String]) throws {
        let client = AdminClient(path: try socket(environment: environment))
        guard watch else {
            let (status, text) = try client.status()
            return print(json ? text : StatusScreen(status: status).text + "\n", terminator: "")
        }
        var earlier: (status: ServiceStatus, time: ContinuousClock.Instant)?
        let isTerminal = isatty(STDOUT_FILENO) == 1
        while true {
            let (status, text) = try client.status()
            let now = ContinuousClock.now
            if json {
                print(text, terminator: "")
            } else {
                let screen = StatusScreen(
                    status: status, earlier: earlier.map { ($0.status, (now - $0.time) / .seconds(1)) }, height: isTerminal ? Self.terminalHeight : nil)
                // To the top left, with what was there wiped away line by line: the screen does not flicker.
                let lines = screen.text.split(separator: "\n", omittingEmptySubsequences: false)
                print(isTerminal ? "\u{1B}[H" + lines.map { $0 + "\u{1B}[K" }.joined(separator: "\n") + "\u{1B}[J" : screen.text + "\n", terminator: isTerminal ? "" : "\n")
            }
            fflush(nil)
            earlier = (status, now)
            sleep(1)
        }
    }

    private static var terminalHeight: Int? {
        var size = winsize()
        guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_row > 4 else { return nil }
        return Int(size.ws_row)
    }
}
