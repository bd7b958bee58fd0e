/// Finds what somebody who misspelled a name probably meant.
enum Suggestion {
    /// The candidate that is nearest to `name`, if it is near enough to be a likely slip; of several the one that begins most like it.
    static func nearest(to name: String, among candidates: some Sequence<String>) -> String? {
        let typed = Array(name.utf8)
        guard typed.count <= 100 else { return nil }
        var best: (distance: Int, beginning: Int, name: String)?
        for candidate in candidates {
            let distance = distance(typed, Array(candidate.utf8))
            // A third of the letters may be wrong: one of three, three of ten.
            guard distance <= max(1, max(typed.count, candidate.utf8.count) / 3) else { continue }
            let beginning = zip(typed, candidate.utf8).prefix { $0 == $1 }.count
            if best.map({ (distance, -beginning) < ($0.distance, -$0.beginning) }) ?? true { best = (distance, beginning, candidate) }
        }
        return best?.name
    }

    /// How many letters must be inserted, removed, replaced or swapped with their neighbour to make `a` from `b`.
    static func distance(_ a: [UInt8], _ b: [UInt8]) -> Int {
        var beforePrevious: [Int] = []
        var previous = Array(0...b.count)
        for i in a.indices {
            var row = [i + 1]
            for j in b.indices {
                var cost = min(previous[j + 1] + 1, row[j] + 1, previous[j] + (a[i] == b[j] ? 0 : 1))
                if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { cost = min(cost, beforePrevious[j - 1] + 1) }
                row.append(cost)
            }
            (beforePrevious, previous) = (previous, row)
        }
        return previous[b.count]
    }
}
