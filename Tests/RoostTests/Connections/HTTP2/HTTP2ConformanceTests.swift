import HTTPWire
import NIOCore
import Testing

@testable import Roost

@Suite("HTTP/2 as RFC 9113 demands", .timeLimit(.minutes(5)))
struct HTTP2ConformanceTests {
    /// `/` answers, `/hold` never does nor takes anything, and other paths answer with the body.
    private static let app = httpApp { scope, receive, send in
        switch scope.rawPath {
        case "/": try await send.answer("hello")
        case "/hold": try await Task.sleep(for: .seconds(600))
        default:
            guard let body = try await receive.body() else { return }
            try await send.answer(String(buffer: body))
        }
    }

    /// What the server makes of a case.
    private static func outcome(of example: HTTP2Case, _ served: ServedApp) throws -> HTTP2Case.Outcome {
        let client = try SocketHTTP2(served)
        try client.send(example.bytes)
        try client.sync()
        if case .status(let stream, _) = example.expected {
            try client.read { $0.streams[stream, default: .init()].status > 0 || $0.streams[stream]?.reset != nil || $0.goAways.contains { $0.code != .none } }
        }
        if let end = client.answers.goAways.first(where: { $0.code != .none }) {
            try client.read { _ in false }
            return .connection(end.code)
        }
        #expect(!client.isClosed, "\(example): closed without a word")
        if let (stream, answer) = client.answers.streams.first(where: { $0.value.reset != nil }), let code = answer.reset { return .stream(stream, code) }
        if case .status(let stream, _) = example.expected { return .status(stream, client.answers.streams[stream]?.status ?? 0) }
        return .fine
    }

    @Test("each case ends as it has to, and the server serves on")
    func cases() async throws {
        try await serving(Self.app, { $0.disconnectGrace = .zero; $0.gracefulTimeout = .zero }) { served in
            for example in HTTP2Case.all {
                let outcome = try Self.outcome(of: example, served)
                #expect(outcome == example.known?.outcome ?? example.expected, "\(example)")
            }
            let client = try SocketHTTP2(served)
            try client.send(.request(on: 1))
            try client.read { $0.streams[1]?.hasEnded ?? false }
            #expect(client.answers.streams[1]?.text == "hello")
        }
    }
}
