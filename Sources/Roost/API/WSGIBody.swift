public import NIOCore

/// The body of a WSGI application's response: PEP 3333's iterable, and its `close`.
///
/// ```swift
/// return "Hello World"                                        // in one piece: gets a content-length
/// return []                                                   // empty
/// return WSGIBody(close: { file.close() }) { try file.next() } // piece by piece, as the client takes it
/// ```
public struct WSGIBody {
    enum Content {
        /// All of it, in memory.
        case whole([ByteBuffer])
        /// The next piece each time; nil after the last.
        case lazy(() throws -> ByteBuffer?)
    }

    let content: Content
    /// Called exactly once, when the body is sent, when it fails and when the client is gone.
    let close: (() throws -> Void)?

    /// An empty body.
    public init() {
        content = .whole([])
        close = nil
    }

    /// A body in one piece. Its length is announced unless the application does that.
    public init(_ bytes: ByteBuffer, close: (() throws -> Void)? = nil) {
        content = .whole([bytes])
        self.close = close
    }

    /// A body in one piece: `text` in UTF-8.
    public init(_ text: String, close: (() throws -> Void)? = nil) {
        self.init(ByteBuffer(string: text), close: close)
    }

    /// A body whose pieces are all there. Its length is announced unless the application does that.
    public init(_ pieces: [ByteBuffer], close: (() throws -> Void)? = nil) {
        content = .whole(pieces)
        self.close = close
    }

    /// A body of texts in UTF-8, one behind the other.
    public init(_ texts: [String], close: (() throws -> Void)? = nil) {
        self.init(texts.map { ByteBuffer(string: $0) }, close: close)
    }

    /// A body that is made while it is sent. `next` is called on the application's thread, where it may block, once the piece before is on its
    /// way; an empty piece sends nothing.
    ///
    /// - Parameters:
    ///   - close: called exactly once, when the body is sent, when it fails and when the client is gone.
    ///   - next: the next piece; nil after the last.
    public init(close: (() throws -> Void)? = nil, next: @escaping () throws -> ByteBuffer?) {
        content = .lazy(next)
        self.close = close
    }

    /// A body of the sequence's pieces, each taken once the piece before is on its way.
    public init(lazy pieces: some Sequence<ByteBuffer>, close: (() throws -> Void)? = nil) {
        var iterator = pieces.makeIterator()
        self.init(close: close) { iterator.next() }
    }
}

extension WSGIBody: ExpressibleByStringLiteral {
    public init(stringLiteral text: String) {
        self.init(text)
    }
}

extension WSGIBody: ExpressibleByArrayLiteral {
    public init(arrayLiteral texts: String...) {
        self.init(texts)
    }
}
