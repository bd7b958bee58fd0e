/// What the service manager was told last.
struct ManagerNews: Sendable, Hashable {
    /// A status in two parts: what is said at once when it changes, and counts, which change all the time.
    struct Status: Sendable, Hashable {
        var news: String
        var counts = ""
        /// Said behind the counts.
        var notice: String?

        var text: String { news + counts + (notice.map { "; \($0)" } ?? "") }

        func isNews(after last: Status) -> Bool {
            news != last.news || notice != last.notice
        }
    }

    /// What went wrong last while the service went on, to be seen until it is tried again.
    var notice: String?
    var status: Status?
    /// When the status was told.
    var toldAt: Duration = .zero
    /// When the service manager is to be asked for more time; nil if it does not wait for anything.
    var nextExtension: Duration?
}
