/// One step on the way into a value: from a table to what its key names, or from a list to an element.
enum SettingStep: Sendable, Hashable {
    case key(String)
    /// Counted from 0.
    case index(Int)
}
