import HTTPWire

/// What a client has made its request depend on (RFC 9110 section 13), for a file that is there and a method that is GET or HEAD.
struct Preconditions {
    /// What is to be done.
    enum Outcome: Equatable {
        case proceed
        /// 304
        case notModified
        /// 412
        case failed
    }

    private let headers: Headers
    private let tag: EntityTag
    /// In seconds of Unix time.
    private let modified: Int64
    private let now: Int64

    /// - Parameters:
    ///   - modified: when the file was last changed, as `Last-Modified` says it.
    ///   - now: what the clock says. Both are Unix times in seconds.
    init(_ headers: Headers, tag: EntityTag, modified: Int64, now: Int64) {
        self.headers = headers
        self.tag = tag
        self.modified = modified
        self.now = now
    }

    /// In the order of section 13.2.2, without its last step, which is `takesRange`.
    var outcome: Outcome {
        let (ifMatch, ifNoneMatch) = (headers.values(for: "if-match"), headers.values(for: "if-none-match"))
        if !ifMatch.isEmpty {
            // What cannot be understood cannot be kept.
            guard EntityTagList(ifMatch)?.contains(where: { $0.matchesStrongly(tag) }) ?? false else { return .failed }
        } else if let date = date("if-unmodified-since"), modified > date {
            return .failed
        }
        if !ifNoneMatch.isEmpty {
            return EntityTagList(ifNoneMatch)?.contains(where: { $0.matchesWeakly(tag) }) ?? false ? .notModified : .proceed
        }
        if let date = date("if-modified-since"), modified <= date { return .notModified }
        return .proceed
    }

    /// Whether the client wants the part that `Range` names, and not all of what has changed since it has the other parts (`If-Range`).
    var takesRange: Bool {
        let values = headers.values(for: "if-range")
        guard let value = values.first else { return true }
        guard values.count == 1 else { return false }
        if let tag = EntityTag(parsing: value) { return tag.matchesStrongly(self.tag) }
        // A second in which the file may have been changed twice names no bytes (section 8.8.2.2).
        return HTTPDate.secondsSince1970(value, now: now) == modified && now - modified > 1
    }

    /// What is no date, or more than one, is as if it were not there.
    private func date(_ name: String) -> Int64? {
        let values = headers.values(for: name)
        return values.count == 1 ? HTTPDate.secondsSince1970(values[0], now: now) : nil
    }
}
