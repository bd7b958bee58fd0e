import Glibc
import Roost

/// What the app answers to a request. Each answer has the process's number in the field `x-process`.
///
/// | Path | Answer |
/// |---|---|
/// | `/echo` | the request's body |
/// | `/stream/N` | N pieces, one every 20 ms |
/// | `/sleep/MS` | the usual one, that many milliseconds later |
/// | `/hang` | none: its event loop stands still |
/// | `/grow` | the usual one, once it has taken a gigabyte of memory |
/// | `/fail` | none: it throws |
/// | anything else | the usual one: `Hello from the app` |
struct Answers {
    private static let headers: Headers = ["content-type": "text/plain", "x-process": "\(getpid())"]

    private let receive: ASGIReceive
    private let send: ASGISend

    init(_ receive: ASGIReceive, _ send: ASGISend) {
        self.receive = receive
        self.send = send
    }

    func answer(_ path: String) async throws {
        let words = path.split(separator: "/")
        switch (words.first, words.dropFirst().first.flatMap { Int($0) }) {
        case ("echo", nil): try await echo()
        case ("stream", let pieces?): try await stream(pieces)
        case ("sleep", let milliseconds?):
            try await Task.sleep(for: .milliseconds(milliseconds))
            try await sayHello()
        case ("hang", nil): hang()
        case ("grow", nil):
            grow()
            try await sayHello()
        case ("fail", nil): throw RequestFailure()
        default: try await sayHello()
        }
    }

    private func sayHello() async throws {
        try await send(.httpResponseStart(status: 200, headers: Self.headers))
        try await send(.httpResponseBody(ByteBuffer(string: "Hello from the app")))
    }

    /// Whole, and not as it comes: a proxy may send no more of a request that is answered already.
    private func echo() async throws {
        var body = ByteBuffer()
        var isComplete = false
        while !isComplete {
            guard case .httpRequest(var piece, let more) = try await receive() else { return }
            body.writeBuffer(&piece)
            isComplete = !more
        }
        try await send(.httpResponseStart(status: 200, headers: Self.headers))
        try await send(.httpResponseBody(body))
    }

    private func stream(_ pieces: Int) async throws {
        let piece = ByteBuffer(repeating: UInt8(ascii: "x"), count: 1000)
        try await send(.httpResponseStart(status: 200, headers: Self.headers))
        for _ in 0..<pieces {
            try await send(.httpResponseBody(piece, more: true))
            try await Task.sleep(for: .milliseconds(20))
        }
        try await send(.httpResponseBody())
    }

    private func hang() {
        while true { Glibc.sleep(1) }
    }

    private func grow() {
        for _ in 0..<1 << 10 {
            guard let memory = malloc(1 << 20) else { return }
            memset(memory, 1, 1 << 20)
        }
    }
}

struct RequestFailure: Error, CustomStringConvertible {
    var description: String { "asked to fail" }
}
