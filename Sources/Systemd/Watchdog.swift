internal import CSystemd

/// Whether the service manager expects signs of life (`WatchdogSec=`), and how often; sd_watchdog_enabled(3).
public enum Watchdog {
    /// The longest time between two ``NotifyState/watchdog`` messages; half of it is the custom. Nil if none are expected of this process.
    ///
    /// Read from `WATCHDOG_USEC` and `WATCHDOG_PID` at each call.
    public static var interval: Duration? {
        var microseconds: UInt64 = 0
        guard sd_watchdog_enabled(0, &microseconds) > 0, microseconds > 0 else { return nil }
        return .microseconds(Int64(clamping: microseconds))
    }
}
