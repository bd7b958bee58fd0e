import Glibc
import Testing

@testable import Systemd

extension EnvironmentTests {
    @Suite("the watchdog")
    struct WatchdogTests {
        @Test("is expected at the interval that the variables give to this process", arguments: [
            (nil, nil, nil), ("30000000", nil, .seconds(30)), ("1500000", "\(getpid())", .milliseconds(1500)), ("30000000", "1", nil),
        ] as [(String?, String?, Duration?)])
        func interval(time: String?, process: String?, expected: Duration?) {
            withEnvironment(["WATCHDOG_USEC": time, "WATCHDOG_PID": process]) {
                #expect(Watchdog.interval == expected)
            }
        }

        @Test("is not, if they make no sense", arguments: [("", nil), ("x", nil), ("0", nil), ("-5", nil), ("30000000", "x")] as [(String, String?)])
        func nonsense(time: String, process: String?) {
            withEnvironment(["WATCHDOG_USEC": time, "WATCHDOG_PID": process]) {
                #expect(Watchdog.interval == nil)
            }
        }
    }
}
