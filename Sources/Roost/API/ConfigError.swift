/// A setting that cannot be served with.
public struct ConfigError: Error, Hashable, CustomStringConvertible {
    /// The setting's name as configuration files spell it.
    public let key: String
    /// What it was set to.
    public let value: String
    /// What is wrong with it, and what would be right.
    public let reason: String

    public init(key: String, value: String, reason: String) {
        self.key = key
        self.value = value
        self.reason = reason
    }

    /// `event_loops = 0: at least 1 is needed`.
    public var description: String { "\(key) = \(value): \(reason)" }
}
