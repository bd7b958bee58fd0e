internal import FoundationEssentials
internal import Roost

/// The app behind the admin socket. It only tells, and changes nothing.
struct AdminApp: Sendable {
    /// Beyond this an event loop is as good as dead; a blocking request holds one up, too, but rarely for so long.
    static let longestSilence = 10.0

    let view: any ServiceView

    fileprivate struct Answer {
        var status = 200
        var type = "text/plain; charset=utf-8"
        var fields: [(String, String)] = []
        var body: [UInt8]

        init(_ status: Int, _ text: String) {
            self.status = status
            body = Array("\(text)\n".utf8)
        }

        init(type: String, body: [UInt8]) {
            self.type = type
            self.body = body
        }
    }

    func callAsFunction(_ scope: Scope, _ receive: ASGIReceive, _ send: ASGISend) async throws {
        guard case .http(let scope) = scope else { return }
        let answer = answer(scope.method, scope.path)
        var headers: Headers = ["content-type": answer.type, "cache-control": "no-store", "x-content-type-options": "nosniff"]
        for (name, value) in answer.fields { headers.replaceOrAdd(name: name, value: value) }
        try await send(.httpResponseStart(status: answer.status, headers: headers))
        try await send(.httpResponseBody(ByteBuffer(bytes: answer.body), more: false))
    }

    private func answer(_ method: String, _ path: String) -> Answer {
        guard method == "GET" || method == "HEAD" else {
            var answer = Answer(405, "nothing can be changed here")
            answer.fields = [("allow", "GET, HEAD")]
            return answer
        }
        switch path {
        case "/": return Answer.page
        case "/healthz": return health
        case "/readyz":
            let status = view.status()
            return status.ready ? Answer(200, "ready") : Answer(503, status.phase.rawValue)
        case "/metrics": return Answer(type: PrometheusText.contentType, body: Array(PrometheusText.write(view.metrics()).utf8))
        case "/status":
            guard let body = try? ServiceStatus.encoder.encode(view.status()) else { return Answer(500, "the status cannot be written") }
            return Answer(type: "application/json", body: Array(body) + [UInt8(ascii: "\n")])
        default: return Answer(404, "there are /healthz, /readyz, /metrics, /status and /")
        }
    }

    private var health: Answer {
        let silent = view.status().workers.filter { $0.silence > Self.longestSilence }
        guard let worst = silent.max(by: { $0.silence < $1.silence }) else { return Answer(200, "ok") }
        return Answer(503, "an event loop of worker \(worst.number) has not answered for \(Int(worst.silence)) seconds")
    }
}

extension AdminApp.Answer {
    /// Everything that the page needs is in it.
    fileprivate static var page: Self {
        var answer = Self(type: "text/html; charset=utf-8", body: Array(AdminPage.html.utf8))
        answer.fields = [
            ("content-security-policy", "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src 'self'; base-uri 'none'")
        ]
        return answer
    }
}

extension ServiceStatus {
    static var encoder: JSONEncoder {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return encoder
    }

    static var decoder: JSONDecoder {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return decoder
    }
}
