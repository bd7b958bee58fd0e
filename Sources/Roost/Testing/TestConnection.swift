public import NIOCore

/// One connection to an application under test, as bytes: for what a whole request and its response do not show, such as pipelining, a
/// slow client, or one that goes away.
///
/// It is closed when nothing refers to it any more.
public final class TestConnection: Sendable {
    private let server: TestServer
    private let connection: InMemoryConnection

    init(_ server: TestServer) async {
        self.server = server
        connection = await withCheckedContinuation { continuation in
            server.thread.perform { transport in
                continuation.resume(returning: InMemoryConnection(transport, origin: server.origin))
            }
        }
    }

    deinit {
        disconnect()
    }

    /// Sends bytes to the server, which reads them when it wants to.
    public func send(_ bytes: ByteBuffer) {
        server.thread.loop.execute { [connection] in connection.send(bytes) }
    }

    /// Sends `text` in UTF-8.
    public func send(_ text: String) {
        send(ByteBuffer(string: text))
    }

    /// Sends nothing more; what the server sends is still received.
    public func endSending() {
        server.thread.loop.execute { [connection] in connection.endSending() }
    }

    /// Closes the connection in both directions, whatever is under way.
    public func disconnect() {
        server.thread.loop.execute { [connection] in connection.disconnect() }
    }

    /// The next bytes from the server; nil when it has closed the connection.
    ///
    /// The server can be at most 64 KiB ahead of what was received; beyond that it has to wait, as with a slow client. One call at a time.
    /// - Throws: `TestClientError.reset` if the server has cut the connection; `CancellationError`, and the connection is closed, when the
    ///   calling task is cancelled.
    public func receive() async throws -> ByteBuffer? {
        let read = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                server.thread.loop.execute { [connection] in
                    connection.read { continuation.resume(returning: $0) }
                }
            }
        } onCancel: {
            disconnect()
        }
        switch read {
        case .bytes(let bytes): return bytes
        case .end:
            try Task.checkCancellation()
            return nil
        case .reset: throw TestClientError.reset
        }
    }
}
