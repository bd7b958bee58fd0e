/// One thing that a line of the access log can tell; the names are those of Apache, Gunicorn and Hypercorn.
///
/// It refers to nothing, so that going through a format costs no counting of references.
enum AccessAtom: Sendable, Hashable {
    case client, clientPort, user, nothing
    case time
    /// The request line without the query, and with it.
    case requestLine, fullRequestLine
    case method, path, target, query, httpVersion, scheme
    case status, reason
    /// The bytes of the response's body; `-` for 0, or `0`.
    case bytesOrDash, bytes
    case seconds, milliseconds, microseconds, decimalSeconds
    case process, completion
    case requestID, traceID, worker, bind
    case referer, userAgent
    /// A field of the request, by the place of its name in the format's `fieldNames`.
    case requestField(Int)
    /// A field of the response, likewise.
    case responseField(Int)

    /// By the name between `%(` and `)s`.
    static let names: [(name: String, atom: AccessAtom)] = [
        ("h", .client), ("port", .clientPort), ("l", .nothing), ("u", .user), ("t", .time),
        ("r", .requestLine), ("R", .fullRequestLine), ("m", .method), ("U", .path), ("Uq", .target), ("q", .query), ("H", .httpVersion), ("S", .scheme),
        ("s", .status), ("st", .reason), ("b", .bytesOrDash), ("B", .bytes), ("f", .referer), ("a", .userAgent),
        ("T", .seconds), ("M", .milliseconds), ("D", .microseconds), ("L", .decimalSeconds),
        ("p", .process), ("X", .completion), ("id", .requestID), ("trace", .traceID), ("worker", .worker), ("bind", .bind),
    ]

    /// What only the two ends may know, so that no log gets it: fields that hold passwords and sessions.
    static let secretFields: Set<String> = ["authorization", "proxy-authorization", "cookie", "set-cookie"]
}
