/// The name under which this process was started, for its messages and help.
enum ProgramName {
    static let current = base(CommandLine.arguments.first ?? "roost")

    /// The last part of a path.
    static func base(_ path: String) -> String {
        let name = path.split(separator: "/").last.map(String.init) ?? ""
        return name.isEmpty ? "roost" : name
    }
}
