public import HTTPWire
public import NIOCore

/// A response as a client received it.
public struct TestResponse: Sendable {
    public var status: Int
    /// The fields in the order and in the case in which they came.
    public var headers: Headers
    /// The body, with the chunked coding taken off.
    public var body: ByteBuffer

    /// The body, read as UTF-8.
    public var text: String { String(buffer: body) }
}

/// Why a test client has no whole response.
public enum TestClientError: Error, CustomStringConvertible {
    /// The server closed the connection before it sent the head of a response.
    case noResponse
    /// The server broke the response off; what came of it.
    case truncated(TestResponse?)
    /// The server cut the connection.
    case reset
    /// The WebSocket was not opened; the response that came instead.
    case refused(TestResponse)
    /// The server sent what is no HTTP/1.1 response, or no frame of a WebSocket.
    case malformed(String)

    public var description: String {
        switch self {
        case .noResponse: "the server closed the connection without a response"
        case .truncated(let response?): "the server broke the response off: status \(response.status), \(response.body.readableBytes) bytes of its body came"
        case .truncated(nil): "the server broke the response off within its head"
        case .reset: "the server cut the connection"
        case .refused(let response): "the WebSocket was refused with status \(response.status)\(response.text.isEmpty ? "" : ": \(response.text)")"
        case .malformed(let reason): "the server's response is malformed: \(reason)"
        }
    }
}
