internal import Glibc

/// One thing that a service can tell its manager; the states of sd_notify(3).
public struct NotifyState: Sendable, Hashable {
    /// The assignments of this state, separated by newlines, as they go into the datagram.
    let text: String

    private init(_ text: String) {
        self.text = text
    }

    /// Start-up or reloading is over: `READY=1`.
    public static let ready = NotifyState("READY=1")

    /// The service begins to shut down: `STOPPING=1`.
    public static let stopping = NotifyState("STOPPING=1")

    /// The service begins to reload, now: `RELOADING=1` with the time on the monotonic clock, which `Type=notify-reload` needs.
    /// ``ready`` must follow.
    public static var reloading: NotifyState {
        NotifyState("RELOADING=1\nMONOTONIC_USEC=\(monotonicMicroseconds)")
    }

    /// The service is alive: `WATCHDOG=1`, due at least every `WatchdogSec=`.
    public static let watchdog = NotifyState("WATCHDOG=1")

    /// One line that says how the service is, for `systemctl status`: `STATUS=`.
    ///
    /// A newline or another control character becomes a space, because it would end this state and begin another one.
    /// Text beyond 1024 bytes of UTF-8 is cut off: systemd drops datagrams that are too long whole.
    public static func status(_ text: String) -> NotifyState {
        NotifyState("STATUS=" + oneLine(text))
    }

    /// Another process is the service's main process from now on: `MAINPID=`.
    public static func mainPID(_ process: Int32) -> NotifyState {
        NotifyState("MAINPID=\(process)")
    }

    /// The service fails with this error number: `ERRNO=`.
    public static func errno(_ number: Int32) -> NotifyState {
        NotifyState("ERRNO=\(number)")
    }

    /// The service is going to exit with this status: `EXIT_STATUS=`.
    public static func exitStatus(_ status: Int32) -> NotifyState {
        NotifyState("EXIT_STATUS=\(status)")
    }

    /// Start-up, runtime or shutdown takes this much longer, counted from now: `EXTEND_TIMEOUT_USEC=`.
    ///
    /// Negative durations count as zero; those that do not fit into microseconds of 64 bits as the longest that do.
    public static func extendTimeout(_ duration: Duration) -> NotifyState {
        NotifyState("EXTEND_TIMEOUT_USEC=\(duration.wholeMicroseconds)")
    }

    /// The longest status text, in bytes of UTF-8.
    static let maximumStatusLength = 1024

    private static func oneLine(_ text: String) -> String {
        var line = String.UnicodeScalarView()
        var length = 0
        for scalar in text.unicodeScalars {
            let printable = scalar.value >= 0x20 && scalar.value != 0x7F ? scalar : " "
            length += UTF8.width(printable)
            if length > maximumStatusLength { break }
            line.append(printable)
        }
        return String(line)
    }

    private static var monotonicMicroseconds: Int64 {
        var now = timespec()
        clock_gettime(CLOCK_MONOTONIC, &now)
        return Int64(now.tv_sec) * 1_000_000 + Int64(now.tv_nsec) / 1000
    }
}
