import BenchmarkAnswers
import NIOCore
import Roost
import RoostHost

/// The benchmark's routes as an application on Roost, with all of the command's own flags.
@main
struct RoostServer {
    static func main() async {
        await Host.main { scope, receive, send in
            guard case .http(let request) = scope else { throw UnsupportedScope() }
            let body: ByteBuffer
            switch request.rawPath {
            case "/": body = BenchmarkAnswers.hello
            case "/64k": body = BenchmarkAnswers.large
            case "/echo": body = try await wholeBody(receive)
            case "/who": body = BenchmarkAnswers.who(client: request.client?.host, scheme: request.scheme, host: request.headers["host"])
            default: return try await notFound(send)
            }
            try await send(.httpResponseStart(status: 200, headers: ["content-type": "text/plain"]))
            try await send(.httpResponseBody(body))
        }
    }

    private static nonisolated(nonsending) func notFound(_ send: ASGISend) async throws {
        try await send(.httpResponseStart(status: 404))
        try await send(.httpResponseBody())
    }

    /// The request's body in one piece, as much of it as came.
    private static nonisolated(nonsending) func wholeBody(_ receive: ASGIReceive) async throws -> ByteBuffer {
        var body = ByteBuffer()
        while case .httpRequest(var piece, let more) = try await receive() {
            if body.readableBytes == 0 {
                body = piece
            } else {
                body.writeBuffer(&piece)
            }
            guard more, body.readableBytes < BenchmarkAnswers.echoLimit else { break }
        }
        return body
    }
}

/// What an application without a lifespan throws.
struct UnsupportedScope: Error {}
