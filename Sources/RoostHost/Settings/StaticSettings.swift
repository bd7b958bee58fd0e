internal import Roost

/// What concerns `static:` apps alone.
struct StaticSettings: Sendable {
    /// The name of the file that stands for its directory; nil for none.
    var index: String? = "index.html"
    /// Whether symbolic links within the directory are followed.
    var followsLinks = false
    /// Whether compressed siblings are sent.
    var servesPrecompressed = true
    /// How long caches may use a file without asking; nil to say nothing.
    var maxAge: Duration?

    /// The files of a directory, served in this way.
    func files(in directory: String) -> StaticFiles {
        StaticFiles(
            directory: directory, index: index, followsSymbolicLinks: followsLinks, servesPrecompressed: servesPrecompressed, maxAge: maxAge)
    }
}
