/// Where a WSGI application writes for its operator: PEP 3333's `wsgi.errors`. What ends
/// with a line feed becomes one entry in the log, a traceback that is written at once too.
public final class WSGIErrors: TextOutputStream {
    /// A line that goes on and on is broken here.
    private static let longestLine = 16 << 10

    private let exchange: Exchange
    private var line = ""

    package init(_ exchange: Exchange) {
        self.exchange = exchange
    }

    /// Writes `text`, which need not be whole lines; what is left at the request's end is a line too.
    public func write(_ text: String) {
        var rest = text[...]
        if let lineFeed = rest.utf8.lastIndex(of: UInt8(ascii: "\n")) {
            line += rest[..<lineFeed]
            flush()
            rest = rest[rest.utf8.index(after: lineFeed)...]
        }
        line += rest
        if line.utf8.count > Self.longestLine { flush() }
    }

    /// Ends a line that was begun.
    public func flush() {
        guard !line.isEmpty else { return }
        exchange.shared.logger.error("\(line)", metadata: exchange.metadata)
        line = ""
    }
}
