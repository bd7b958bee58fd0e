/// A query without the values that give access to what somebody has signed a URL for.
enum RedactedQuery {
    /// The keys that OpenTelemetry's conventions name.
    private static let secretKeys: Set<Substring> = ["AWSAccessKeyId", "Signature", "sig", "X-Goog-Signature"]

    /// The query with `REDACTED` in place of such values.
    static func text(_ query: String) -> String {
        let parts = query.split(separator: "&", omittingEmptySubsequences: false)
        guard parts.contains(where: { secretKeys.contains(key(of: $0)) }) else { return query }
        return parts.map { part in
            let key = key(of: part)
            return secretKeys.contains(key) && key.endIndex < part.endIndex ? "\(key)=REDACTED" : String(part)
        }
        .joined(separator: "&")
    }

    private static func key(of part: Substring) -> Substring { part.prefix { $0 != "=" } }
}
