internal import Synchronization

/// The name under which this process was started, for its messages and help.
enum ProgramName {
    private static let override = Mutex<String?>(nil)
    private static let started = base(CommandLine.arguments.first ?? "roost")

    static var current: String { override.withLock(\.self) ?? started }

    /// Sets another name, for a process whose program is an interpreter.
    static func become(_ name: String) {
        override.withLock { $0 = name }
    }

    /// The last part of a path.
    static func base(_ path: String) -> String {
        let name = path.split(separator: "/").last.map(String.init) ?? ""
        return name.isEmpty ? "roost" : name
    }
}
