import BenchmarkAnswers
import Glibc
import Hummingbird
import NIOPosix

/// The benchmark's routes on Hummingbird with one event loop: `HummingbirdServer SOCKET [--router]`.
@main
struct HummingbirdServer {
    static func main() async throws {
        let arguments = CommandLine.arguments.dropFirst()
        guard let path = arguments.first(where: { !$0.hasPrefix("-") }) else {
            complain("usage: HummingbirdServer SOCKET [--router]")
            exit(2)
        }
        if arguments.contains("--router") {
            try await serve(routed().buildResponder(), at: path)
        } else {
            try await serve(unrouted(), at: path)
        }
    }

    private static func serve<Responder: HTTPResponder<BasicRequestContext>>(_ responder: Responder, at path: String) async throws {
        let application = Application(
            responder: responder,
            // A backlog above the largest number of connections that are opened at once.
            configuration: ApplicationConfiguration(address: .unixDomainSocket(path: path), backlog: 4096),
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
