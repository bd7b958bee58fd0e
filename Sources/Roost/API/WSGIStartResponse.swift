public import HTTPWire
public import NIOCore

/// Begins a WSGI application's response; PEP 3333's `start_response`.
///
/// Call it once before the first piece of the body that is not empty. Nothing is sent before that piece, or the body's end, so that an error
/// met before can still be answered with an error.
public struct StartResponse {
    private let response: WSGIResponse

    init(_ response: WSGIResponse) {
        self.response = response
    }

    /// Gives the response's status and header fields.
    ///
    /// - Parameters:
    ///   - status: a number from 200 to 599, alone (`204`) or with a space and a reason (`200 OK`). The client gets the registered reason.
    ///   - headers: without those that belong to the connection; the server frames the body.
    ///   - error: the error that made the application replace its response; PEP 3333's `exc_info`.
    /// - Returns: a way to send the body that is not the returned body, for applications that cannot do without.
    /// - Throws: `error` if the head is already sent; `WSGIError` for a second call without `error` and for a status that is none.
    @discardableResult
    public func callAsFunction(_ status: String, _ headers: Headers = [:], replacing error: (any Error)? = nil) throws -> WSGIWrite {
        try response.start(status, headers, replacing: error)
        return WSGIWrite(response)
    }
}

/// Sends a piece of the body at once; PEP 3333's `write`. What the application returns comes behind it.
public struct WSGIWrite {
    private let response: WSGIResponse

    init(_ response: WSGIResponse) {
        self.response = response
    }

    /// Sends `piece`; waits while the client is slower than the application.
    ///
    /// - Throws: `WSGIError.disconnected` when the client is gone; `ASGIError` for a response that cannot be put on the wire, or that is longer
    ///   than its `content-length`.
    public func callAsFunction(_ piece: ByteBuffer) throws {
        try response.write(piece)
    }

    /// Sends `text` in UTF-8; see the other form.
    public func callAsFunction(_ text: String) throws {
        try response.write(ByteBuffer(string: text))
    }
}
