/// What the end of a path asks of `builtin:echo`.
enum EchoPath: Equatable {
    case echo
    case early
    case status(Int)
    case stream(Int)
    case sleep(Int)
    case seen(String)

    /// - Parameter rawPath: the path as it came; a prefix before the part that counts is passed over.
    init(_ rawPath: String) {
        let segments = rawPath.split(separator: "/", omittingEmptySubsequences: false)
        guard segments.count >= 2, let last = segments.last else {
            self = .echo
            return
        }
        // The empty segment is that before the first slash.
        let name = segments.count > 2 ? segments[segments.count - 2] : ""
        switch (name, Self.number(last)) {
        case ("status", let status?) where last.utf8.count == 3 && (200...599).contains(status): self = .status(status)
        case ("stream", let pieces?): self = .stream(pieces)
        case ("sleep", let milliseconds?): self = .sleep(milliseconds)
        case ("__seen", _): self = .seen(String(last))
        default: self = last == "early" ? .early : .echo
        }
    }

    /// The number that these digits spell; nil for anything else, or if it is too large.
    private static func number(_ text: Substring) -> Int? {
        guard !text.isEmpty, text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) else { return nil }
        return Int(text)
    }
}
