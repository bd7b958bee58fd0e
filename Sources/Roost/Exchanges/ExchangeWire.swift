import HTTPWire
import NIOCore

/// The wire that an exchange's request came on, as the exchange sees it. It names itself where that saves the wire to look for it.
protocol ExchangeWire: AnyObject {
    /// Whether an application that streams should send more now.
    var hasRoom: Bool { get }
    /// Whether less of the response's body is on the wire than was announced.
    var lacksBody: Bool { get }
    /// The application waits for body that has not arrived: `100 (Continue)` is due, if the client expects it.
    func applicationWantsBody()
    /// The application has taken body that was waiting; more may be read.
    func applicationTookBody()
    /// Puts the response's head and the first piece of its body on the wire. On an error nothing is on the wire.
    func start(for exchange: Exchange, status: Int, headers: Headers, body: ByteBuffer, more: Bool) throws(ASGIError)
    /// Puts the response's head and its whole body on the wire, whose memory is not used beyond the call. On an error nothing is on the wire.
    func start(for exchange: Exchange, status: Int, headers: Headers, whole body: UnsafeRawBufferPointer) throws(ASGIError)
    /// Whether a file is yet to be sent. If one is when the response is complete, the wire calls `fileEnded` later.
    var sendsFile: Bool { get }
    /// Puts the response's head and a file as the first piece of its body on the wire. On an error nothing is on the wire.
    func start(for exchange: Exchange, status: Int, headers: Headers, file: FilePart, more: Bool) throws(ASGIError)
    /// Puts a file on the wire as a further piece of the body.
    func write(_ file: FilePart, more: Bool) throws(ASGIError)
    /// Puts a further piece of the body on the wire.
    func write(_ body: ByteBuffer, more: Bool) throws(ASGIError)
    /// Ends the body, with these fields behind it if there is a place for them. On an error nothing is on the wire.
    func end(trailers: Headers) throws(ASGIError)
    /// Opens the WebSocket that the request asks for. On an error nothing is on the wire.
    func accept(_ acceptance: WebSocketAcceptance) throws(ASGIError) -> any WebSocketWire
    /// Puts an interim response with these fields on the wire (103). On an error nothing is on the wire.
    func hint(_ fields: Headers) throws(ASGIError)
    /// Writes what it can at once, or has the last of it written soon; false if the client turns out to be gone, of which the exchange is told once more
    /// later.
    func flush(isLast: Bool) -> Bool
    /// The whole response is on the wire.
    func responseComplete()
    /// Answers with an error of the server's own, in place of a response that the application did not start.
    func fail(status: Int)
    /// Breaks off a response that was begun, so that the client sees that it is not whole.
    func cut()
}

extension ExchangeWire {
    func start(for exchange: Exchange, status: Int, headers: Headers, whole body: UnsafeRawBufferPointer) throws(ASGIError) {
        try start(for: exchange, status: status, headers: headers, body: ByteBuffer(bytes: body), more: false)
    }
}
