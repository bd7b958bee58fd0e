import Testing

@testable import Roost

/// A client of HTTP/2 on a socket.
final class SocketHTTP2 {
    let client: RawClient
    private(set) var answers = ServerAnswers()
    /// Whether the server has closed the connection.
    private(set) var isClosed = false

    init(_ served: ServedApp, settings: [(UInt16, UInt32)] = []) throws {
        client = try served.connect()
        try client.send(ClientFrame.preface + ClientFrame.settings(settings).bytes + ClientFrame.settingsAcknowledgement.bytes)
    }

    func send(_ frames: ClientFrame...) throws { try send(frames.flatMap(\.bytes)) }

    /// Sends what a server that has ended the connection does not take any more, too.
    func send(_ bytes: [UInt8]) throws {
        do { try client.send(bytes) } catch RawClient.Failure.call("send", _) {}
    }

    /// Reads until this holds, or the connection ends.
    func read(until condition: (ServerAnswers) -> Bool) throws {
        while !isClosed, !condition(answers) {
            let bytes = try client.receive()
            if bytes.isEmpty { isClosed = true }
            try answers.take(bytes)
        }
    }

    /// Waits until the server has seen all that was sent.
    func sync(_ mark: String = "barrier!") throws {
        try send(.ping(mark))
        try read { $0.pings.contains(mark) || $0.goAways.contains { $0.code != .none } }
    }
}
