/// Where the value of a setting comes from; `roost config` shows it, and errors begin with it.
enum SettingOrigin: Sendable, Equatable, CustomStringConvertible {
    case builtIn
    /// `name`: what the file calls it, if not by its key.
    case file(FilePosition, as: String? = nil)
    case environment(variable: String)
    case flag(String)
    /// A program that serves by itself, with the configuration it makes.
    case program

    var description: String {
        switch self {
        case .builtIn: "default"
        case .file(let position, let name): position.description + (name.map { " (\(OneLine.escaped($0)))" } ?? "")
        case .environment(let variable): variable
        case .flag(let name): name
        case .program: "config"
        }
    }
}

/// A place in a text file, counted from 1.
struct FilePosition: Sendable, Equatable, CustomStringConvertible {
    var file: String
    var line: Int
    var column: Int

    /// `roost.toml:3:1`, as compilers and editors write it.
    var description: String { "\(file):\(line):\(column)" }
}
