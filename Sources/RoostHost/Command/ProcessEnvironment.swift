@preconcurrency internal import Glibc

/// The variables of this process.
enum ProcessEnvironment {
    /// All of them, read at one moment at the start, when no other thread changes them. Of a name that stands there twice the
    /// first counts, as for getenv(3).
    static func variables() -> [String: String] {
        var result: [String: String] = [:]
        // `environ` is an array that ends with NULL, or NULL itself after clearenv(3).
        var next: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = environ
        while let entry = next?.pointee {
            let parts = String(cString: entry).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            if parts.count == 2, result[String(parts[0])] == nil { result[String(parts[0])] = String(parts[1]) }
            next = next?.advanced(by: 1)
        }
        return result
    }
}
