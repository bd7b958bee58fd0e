/// What a private key is encrypted with. It never shows in descriptions.
public enum TLSPassword: Sendable, Hashable, CustomStringConvertible, CustomReflectable {
    /// The password itself.
    case text(String)
    /// The path of a file that holds it, without a line break at its end; read whenever the key is.
    case file(String)

    public var description: String {
        switch self {
        case .text: "(secret)"
        case .file(let path): "(in \(path))"
        }
    }

    public var customMirror: Mirror { Mirror(self, children: [:]) }
}
