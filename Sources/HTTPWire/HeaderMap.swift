/// What becomes of header fields that an application could take for others: those with an underscore in their name, which CGI's variables
/// can't tell from a dash, and a second `Content-Type` or `Authorization`, of which some take the first and some the last.
public enum HeaderMap: String, Sendable, Hashable, CaseIterable {
    /// They are left out, and the request goes on without them.
    case drop
    /// The request is answered with 400.
    case refuse
}
