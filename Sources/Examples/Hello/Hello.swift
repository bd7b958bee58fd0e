import Roost
import RoostHost

/// An app of one's own: `swift run HelloExample --bind 127.0.0.1:8000`. `--help` shows everything else that it can do.
@main
struct Hello {
    static func main() async {
        await Host.main { scope, receive, send in
            guard case .http(let request) = scope else { throw UnsupportedScope() }
            let body = ByteBuffer(string: "Hello from \(request.path)\n")
            try await send(.httpResponseStart(status: 200, headers: [
                "content-type": "text/plain; charset=utf-8",
                "content-length": "\(body.readableBytes)",
            ]))
            try await send(.httpResponseBody(body))
        }
    }
}

/// Tells the server that this app has no lifespan to run.
struct UnsupportedScope: Error {}
