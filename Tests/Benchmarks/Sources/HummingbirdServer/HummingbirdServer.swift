import BenchmarkAnswers
import Glibc
import Hummingbird
import NIOPosix

/// The benchmark's routes on Hummingbird with one event loop.
@main
struct HummingbirdServer {
    static func main() async throws {
        guard let options = Options(CommandLine.arguments.dropFirst()) else {
            complain(Options.usage)
            exit(2)
        }
        if options.hasRouter {
            try await serve(routed().buildResponder(), options)
        } else {
            try await serve(unrouted(), options)
        }
    }

    private static func serve<Responder: HTTPResponder<BasicRequestContext>>(_ responder: Responder, _ options: Options) async throws {
        let application = Application(
            responder: responder,
            server: try options.server,
            // A backlog above the largest number of connections that are opened at once.
            configuration: ApplicationConfiguration(address: .unixDomainSocket(path: options.path), backlog: 4096),
            onServerRunning: { _ in announceReady() },
            eventLoopGroupProvider: .shared(MultiThreadedEventLoopGroup(numberOfThreads: 1))
        )
        try await application.runService()
    }

    /// The least that a server can do: one closure, no route lookup.
    private static func unrouted() -> CallbackResponder<BasicRequestContext> {
        CallbackResponder { request, _ in
            switch request.uri.path {
            case "/": plain(BenchmarkAnswers.hello)
            case "/64k": plain(BenchmarkAnswers.large)
            case "/echo": plain(try await request.body.collect(upTo: BenchmarkAnswers.echoLimit))
            default: Response(status: .notFound)
            }
        }
    }

    private static func routed() -> Router<BasicRequestContext> {
        let router = Router()
        router.get("/") { _, _ in plain(BenchmarkAnswers.hello) }
        router.get("/64k") { _, _ in plain(BenchmarkAnswers.large) }
        router.post("/echo") { request, _ in plain(try await request.body.collect(upTo: BenchmarkAnswers.echoLimit)) }
        return router
    }

    private static func plain(_ body: ByteBuffer) -> Response {
        Response(status: .ok, headers: [.contentType: "text/plain"], body: ResponseBody(byteBuffer: body))
    }
}
