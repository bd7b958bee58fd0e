import Glibc

/// An app that serves the files of a directory tree.
///
/// ```swift
/// let files = StaticFiles(directory: "/srv/www", maxAge: .seconds(3600))
/// try await serve(.asgi(files.application), config)
/// ```
///
/// It answers GET and HEAD with what the path names below `HTTPScope.rootPath`: a file, or a directory's index. Files are sent by the kernel from where
/// they are, or left to a trusted proxy that has them too (`Config.accelMap`). It knows parts (`Range`, several at once too), conditions (`If-Match`,
/// `If-None-Match`, `If-Modified-Since`, `If-Unmodified-Since`, `If-Range`) and compressed siblings.
///
/// What is not to be had is 404, and never says why: what is not there, may not be read, is no regular file, lies behind a symbolic link, or has a part
/// of its path that begins with a dot (but for `/.well-known`). No path leads out of the tree (openat2(2)), and directories are not listed.
///
/// Files are opened on the event loop, as nginx does unless told otherwise: names and small files are in the kernel's memory most of the time, and a
/// thread costs more than the call. On storage that makes callers wait, such as a network's, `Config.appExecutor` takes the opening elsewhere.
public struct StaticFiles: Sendable {
    /// Relative to the working directory of the time when this was made, if it is not absolute. It is found anew for each request.
    public let directory: String
    /// The name of the file that stands for its directory; nil for none. Default: `index.html`.
    public let index: String?
    /// Whether symbolic links are followed; those that lead out of the tree, and all with an absolute path, are not even then. Needs Linux 5.6.
    /// Default: false.
    public let followsSymbolicLinks: Bool
    /// Whether `page.html.br` or `page.html.gz` is sent in place of `page.html` to clients that take it. Default: true.
    public let servesPrecompressed: Bool
    /// How long caches may use a file without asking again (`Cache-Control: max-age`); nil to say nothing. Default: nil.
    public let maxAge: Duration?
    let tree: StaticTree

    /// Files of `directory`; that it is there is seen when the lifespan starts.
    public init(
        directory: String, index: String? = "index.html", followsSymbolicLinks: Bool = false, servesPrecompressed: Bool = true, maxAge: Duration? = nil
    ) {
        self.directory = directory
        self.index = index
        self.followsSymbolicLinks = followsSymbolicLinks
        self.servesPrecompressed = servesPrecompressed
        self.maxAge = maxAge
        tree = StaticTree(directory, followsLinks: followsSymbolicLinks)
    }

    /// The app, to be served or mounted.
    public var application: ASGIFramework {
        { scope, receive, send in
            switch scope {
            case .http(let request): try await StaticRequest(self, request).answer(send)
            case .websocket: try await WebSocketSession.refuse(receive, send)
            case .lifespan: try await live(receive, send)
            }
        }
    }

    /// Why no file can be served, such as `cannot serve files from /srv/www: No such file or directory`; nil if they can.
    public var problem: String? { tree.problem.map { "cannot serve files from \(directory): \($0)" } }

    private func live(_ receive: ASGIReceive, _ send: ASGISend) async throws {
        while true {
            switch try await receive() {
            case .lifespanStartup:
                guard let problem else {
                    try await send(.lifespanStartupComplete)
                    continue
                }
                return try await send(.lifespanStartupFailed(message: problem))
            case .lifespanShutdown:
                return try await send(.lifespanShutdownComplete)
            default:
                return
            }
        }
    }
}
