import Roost
import Systemd
import Testing

@testable import RoostHost

@Suite("Exit statuses")
struct ExitStatusTests {
    private struct Other: Error {}

    @Test("tell the operator what kind of thing went wrong")
    func mapping() {
        let table: [(any Error, Int32)] = [
            (Other(), 1), (CancellationError(), 1),
            (SettingError.unreadable(file: "x", reason: "y"), 2), (ConfigError(key: "bind", value: "[]", reason: "none"), 2),
            (CommandLineError("x", help: "y"), 2), (AppCatalogueError.notModule("a.py", "a:app"), 2),
            (LifespanError.failed(.startup, message: "no database"), 3), (LifespanError.timedOut(.startup, after: .seconds(1)), 3),
            (LifespanError.threw(.startup, Other()), 3), (LifespanError.failed(.shutdown, message: ""), 1),
            (AppLoadingError(cause: Other()), 4),
            (BindError(address: "unix:/a", reason: "taken"), 5),
            (ListenDescriptorsError.notOpen(number: 3, count: "1"), 5),
        ]
        for (error, status) in table { #expect(ExitStatus(error).rawValue == status, "\(error)") }
    }
}
