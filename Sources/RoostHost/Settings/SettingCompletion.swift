/// What a shell offers for the value of a setting.
enum SettingCompletion: Sendable, Equatable {
    case nothing
    /// One of these.
    case words([String])
    case file
    case directory
    /// A user of this machine.
    case user
    /// A group of this machine.
    case group

    /// The same with one more word.
    func or(_ word: String) -> SettingCompletion {
        switch self {
        case .nothing: .words([word])
        case .words(let words): .words(words + [word])
        case .file, .directory, .user, .group: self
        }
    }
}
