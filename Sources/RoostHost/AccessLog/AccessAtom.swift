/// One thing that a line of the access log can tell; the names are those of Apache, Gunicorn and Hypercorn.
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
    /// A field of the request, its name in lower case.
    case requestField(String)
    /// A field of the response, its name in lower case.
    case responseField(String)

    /// By the name between `%(` and `)s`.
    static let names: [(name: String, atom: AccessAtom)] = [
        ("h", .client), ("port", .clientPort), ("l", .nothing), ("u", .user), ("t", .time),
        ("r", .requestLine), ("R", .fullRequestLine), ("m", .method), ("U", .path), ("Uq", .target), ("q", .query), ("H", .httpVersion), ("S", .scheme),
        ("s", .status), ("st", .reason), ("b", .bytesOrDash), ("B", .bytes), ("f", .requestField("referer")), ("a", .requestField("user-agent")),
        ("T", .seconds), ("M", .milliseconds), ("D", .microseconds), ("L", .decimalSeconds),
        ("p", .process), ("X", .completion), ("id", .requestID), ("trace", .traceID), ("worker", .worker), ("bind", .bind),
    ]

    /// What only the two ends may know, so that no log gets it: fields that hold passwords and sessions.
    static let secretFields: Set<String> = ["authorization", "proxy-authorization", "cookie", "set-cookie"]
}
