import Glibc
import Roost

/// What the app answers to a request. Each answer has the process's number in the field `x-process`, and in `x-version` that of the app.
///
/// | Path | Answer |
/// |---|---|
/// | `/echo` | the request's body |
/// | `/stream/N` | N pieces, one every 20 ms |
/// | `/sleep/MS` | the usual one, that many milliseconds later |
/// | `/block/MS` | the same, but its event loop stands still meanwhile |
/// | `/hang` | none: its event loop stands still |
/// | `/grow` | the usual one, once it has taken a gigabyte of memory |
/// | `/grow/N` | the same with N mebibytes |
/// | `/environment` | the names of its variables, which are what a child would inherit |
/// | `/exit` | none: its process ends with 0 |
/// | `/fail` | none: it throws |
/// | `/status/N` | the usual one with this status |
/// | anything else | the usual one: `Hello from the app` |
struct Answers {
    private let receive: ASGIReceive
    private let send: ASGISend
    private let behaviour: Behaviour
    private let headers: Headers

    init(_ receive: ASGIReceive, _ send: ASGISend, _ behaviour: Behaviour) {
        self.receive = receive
        self.send = send
        self.behaviour = behaviour
        headers = ["content-type": "text/plain", "x-process": "\(getpid())", "x-version": "\(behaviour.version)"]
    }

    func answer(_ path: String) async throws {
        let words = path.split(separator: "/")
        switch (words.first, words.dropFirst().first.flatMap { Int($0) }) {
        case ("echo", nil): try await echo()
        case ("stream", let pieces?): try await stream(pieces)
        case ("sleep", let milliseconds?):
            behaviour.noteRequest()
            try await Task.sleep(for: .milliseconds(milliseconds))
            try await sayHello()
        case ("block", let milliseconds?):
            behaviour.noteRequest()
            usleep(UInt32(milliseconds) * 1000)
            try await sayHello()
        case ("hang", nil): hang()
        case ("grow", let mebibytes):
            grow(mebibytes ?? 1 << 10)
            try await sayHello()
        case ("environment", nil): try await say(Self.environment().joined(separator: "\n"))
        case ("exit", nil): _exit(0)
        case ("fail", nil): throw RequestFailure()
        case ("status", let status?): try await say("Hello from the app", status: status)
        default: try await sayHello()
        }
    }

    private func sayHello() async throws { try await say("Hello from the app") }

    private func say(_ text: String, status: Int = 200) async throws {
        try await send(.httpResponseStart(status: status, headers: headers))
        try await send(.httpResponseBody(ByteBuffer(string: text)))
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
        try await send(.httpResponseStart(status: 200, headers: headers))
        try await send(.httpResponseBody(body))
    }

    private func stream(_ pieces: Int) async throws {
        let piece = ByteBuffer(repeating: UInt8(ascii: "x"), count: 1000)
        try await send(.httpResponseStart(status: 200, headers: headers))
        for _ in 0..<pieces {
            try await send(.httpResponseBody(piece, more: true))
            try await Task.sleep(for: .milliseconds(20))
        }
        try await send(.httpResponseBody())
    }

    private func hang() {
        while true { Glibc.sleep(1) }
    }

    private func grow(_ mebibytes: Int) {
        for _ in 0..<mebibytes {
            guard let memory = malloc(1 << 20) else { return }
            memset(memory, 1, 1 << 20)
        }
    }

    private static func environment() -> [String] {
        var names: [String] = []
        var next = environ
        while let entry = next.pointee {
            names.append(String(String(cString: entry).prefix { $0 != "=" }))
            next += 1
        }
        return names
    }
}

struct RequestFailure: Error, CustomStringConvertible {
    var description: String { "asked to fail" }
}
