import HTTPWire
import NIOCore

/// How far a WSGI application has come with its response. Used by the thread that runs the application.
final class WSGIResponse {
    private enum State {
        /// `startResponse` was not called.
        case unstarted
        /// Status and fields are given; they are sent with the first piece that is not empty, or at the end.
        case started(WSGIChannel.Head)
        /// Status and fields were sent.
        case sent
        /// The whole response was sent.
        case complete
        /// The client is gone.
        case abandoned
    }

    private let channel: WSGIChannel
    private let isHead: Bool
    private var state = State.unstarted
    /// Whether the client takes no body: it asked for the head only, or the status has none.
    private(set) var isBodiless = false

    init(_ channel: WSGIChannel) {
        self.channel = channel
        isHead = channel.exchange.head.isHead
    }

    /// Takes status and fields, or takes other ones while nothing is sent.
    func start(_ status: String, _ headers: Headers, replacing error: (any Error)?) throws {
        let code = try Self.code(of: status)
        switch state {
        case .started where error == nil: throw WSGIError.startedTwice
        case .sent, .complete, .abandoned: throw error ?? WSGIError.startedTwice
        case .unstarted, .started: break
        }
        state = .started((code, headers))
        isBodiless = isHead || Self.bodilessStatuses.contains(code)
    }

    /// Sends a piece; an empty one is passed over.
    /// - Throws: `WSGIError.disconnected` once the client is gone; `ASGIError` for a response that cannot be sent.
    func write(_ piece: ByteBuffer) throws {
        guard piece.readableBytes > 0 else { return }
        let head = try nextHead()
        let isWanted: Bool
        do {
            isWanted = try channel.send(head, piece, more: true)
        } catch {
            // Of a head that cannot be sent nothing was sent.
            if case .invalidResponse = error {} else { state = .sent }
            throw error
        }
        state = isWanted ? .sent : .abandoned
        if !isWanted { throw WSGIError.disconnected }
    }

    /// Sends the last piece and waits until it is taken.
    func finish(with piece: ByteBuffer = ByteBuffer()) throws {
        let head = try nextHead()
        state = .complete
        guard try channel.send(head, piece, more: false) else { throw WSGIError.disconnected }
    }

    /// Sends the last piece and ends the exchange; what fails from here on is reported there.
    func finishAndEnd(with piece: ByteBuffer) throws {
        let head = try nextHead()
        state = .complete
        channel.finish(head, piece)
    }

    /// Adds `content-length` where the body's length is known and the application did not say it.
    func announce(length: Int) {
        guard case .started(var head) = state,
            !head.headers.contains(name: "content-length"), !Self.bodilessStatuses.contains(head.status)
        else { return }
        head.headers.append(name: "content-length", value: "\(length)")
        state = .started(head)
    }

    /// Whether the application has sent something with `write`.
    var isSent: Bool { if case .sent = state { true } else { false } }

    /// No Content, Reset Content, Not Modified (RFC 9110 section 6.4.1, 15.3.6).
    private static let bodilessStatuses: Set = [204, 205, 304]

    private func nextHead() throws(WSGIError) -> WSGIChannel.Head? {
        switch state {
        case .unstarted: throw .notStarted
        case .started(let head): return head
        case .sent: return nil
        case .complete: throw .responseOver
        case .abandoned: throw .disconnected
        }
    }

    /// The number of a status line such as `200 OK`; the reason may be missing.
    private static func code(of status: String) throws(WSGIError) -> Int {
        let text = status.utf8
        let digits = text.prefix(3)
        guard digits.count == 3, digits.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }),
            text.count == 3 || text.dropFirst(3).first == UInt8(ascii: " "),
            text.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }),
            let code = Int(status.prefix(3)), (200...599).contains(code)
        else { throw .invalidStatus(status) }
        return code
    }
}
