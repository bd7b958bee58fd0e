/// The last streams that were reset here, on which frames may still be under way (RFC 9113 section 5.1).
struct RecentStreams {
    /// More than that are reset within one round trip by nobody who is not cut off over it.
    private static let capacity = 256

    private var ids: [Int32] = []
    private var next = 0

    mutating func append(_ id: Int32) {
        if ids.count < Self.capacity { return ids.append(id) }
        ids[next] = id
        next = (next + 1) % Self.capacity
    }

    func contains(_ id: Int32) -> Bool { ids.contains(id) }
}
