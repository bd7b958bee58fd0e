/// What the settings say about the process that serves.
struct RightsSettings: Sendable {
    /// The user that it becomes, by name or number; nil for the one that starts it.
    var user: String?
    /// The group that it becomes, by name or number; nil for that of `user`.
    var group: String?
    /// Whether it may serve as root.
    var allowsRoot = false
    /// The file that names it.
    var pidFile: String?
}
