import HTTPWire
import NIOCore

/// Writes one HTTP/1 response: its head, and its body in the framing that the head announced.
struct ResponseWriter {
    /// What the request means for the response's head; `keepAlive` becomes false when the connection must close after it.
    private var context: ResponseContext
    private var framing = ResponseFraming.none
    /// How much of an announced length is yet to come.
    private var bodyLeft = 0
    /// Whether the head is written.
    private(set) var hasStarted = false

    /// For a request of which nothing is known.
    init() {
        context = ResponseContext(requestVersion: .http11, isHead: false, keepAlive: false)
    }

    init(to head: borrowing RequestHead) {
        context = ResponseContext(requestVersion: head.version, isHead: head.isHead, keepAlive: head.keepAlive)
    }

    /// Whether the connection can take a further request.
    var keepsAlive: Bool { context.keepAlive }

    /// Whether a response that is broken off here would look whole to the client: its end is the connection's.
    var isTruncationInvisible: Bool { hasStarted && framing == .untilClose }

    /// The announced length, and how much of it is missing; nil if nothing is.
    var shortfall: (announced: Int, missing: Int)? {
        guard case .length(let announced) = framing, bodyLeft > 0 else { return nil }
        return (announced, bodyLeft)
    }

    /// Appends the head.
    ///
    /// - Parameters:
    ///   - bodyLength: the length of the whole body; nil if it is not known yet.
    ///   - isLast: whether the connection is to close after the response, whatever the client wants.
    ///   - requestID: nil to send none.
    /// - Throws: `ASGIError.invalidResponse`; nothing is appended then.
    mutating func start(
        status: Int, headers: Headers, bodyLength: Int?, isLast: Bool, requestID: RequestID?, to output: inout OutputQueue, _ shared: LoopContext
    ) throws(ASGIError) {
        var context = self.context
        if isLast { context.keepAlive = false }
        let encoded: EncodedHead
        do {
            encoded = try output.gathered.appendResponseHead(
                status: status,
                headers: headers,
                bodyLength: bodyLength,
                context: context,
                date: shared.sendsDate ? shared.loop.dateValue() : nil,
                server: shared.serverField,
                requestID: requestID
            )
        } catch {
            throw .invalidResponse(error.reason)
        }
        hasStarted = true
        framing = encoded.framing
        self.context.keepAlive = encoded.keepAlive
        if case .length(let length) = framing { bodyLeft = length }
    }

    /// Appends a piece of the body.
    ///
    /// - Throws: `ASGIError.bodyTooLong`; nothing of the piece is appended then.
    mutating func write(_ body: ByteBuffer, more: Bool, to output: inout OutputQueue) throws(ASGIError) {
        switch framing {
        case .none:
            break
        case .untilClose:
            output.append(body)
        case .length(let announced):
            guard body.readableBytes <= bodyLeft else {
                context.keepAlive = false
                throw .bodyTooLong(announced: announced)
            }
            bodyLeft -= body.readableBytes
            if body.readableBytes > 0 { output.append(body) }
        case .chunked where output.file != nil:
            output.appendPieces { pieces in
                if body.readableBytes > 0 { pieces.appendChunk(body.readableBytesUInt8Span) }
                if !more { pieces.appendLastChunk() }
            }
        case .chunked:
            output.gather()
            if body.readableBytes > 0 {
                output.gathered.appendChunkStart(length: body.readableBytes)
                output.append(body, trailer: more ? "\r\n" : "\r\n0\r\n\r\n")
            } else if !more {
                output.gathered.appendLastChunk()
            }
        }
    }

    /// Appends a body that was announced with its length, by a copy.
    ///
    /// - Throws: `ASGIError.bodyTooLong`; nothing of it is appended then.
    @inline(__always)
    mutating func write(whole body: UnsafeRawBufferPointer, to output: inout OutputQueue) throws(ASGIError) {
        guard case .length(let announced) = framing, output.file == nil, body.count <= OutputQueue.copyLimit else {
            return try write(ByteBuffer(bytes: body), more: false, to: &output)
        }
        guard body.count <= bodyLeft else {
            context.keepAlive = false
            throw .bodyTooLong(announced: announced)
        }
        bodyLeft -= body.count
        output.gathered.append(body.bindMemory(to: UInt8.self).span)
    }

    /// Appends what ends the body, with these fields behind it if that is where they can be.
    ///
    /// - Throws: `ASGIError.invalidResponse`; nothing is appended then.
    mutating func end(trailers: Headers, to output: inout OutputQueue) throws(ASGIError) {
        guard framing == .chunked else { return }
        try output.appendPieces { pieces throws(ASGIError) in
            do throws(InvalidResponseHead) {
                try pieces.appendLastChunk(trailers: trailers)
            } catch {
                throw .invalidResponse(error.reason)
            }
        }
    }

    /// Appends a piece of the body that is a file.
    ///
    /// - Throws: `ASGIError.bodyTooLong`; nothing of the piece is appended then.
    mutating func write(_ file: FilePart, more: Bool, to output: inout OutputQueue) throws(ASGIError) {
        guard file.count > 0 else { return try write(ByteBuffer(), more: more, to: &output) }
        switch framing {
        case .none:
            break
        case .untilClose:
            output.append(file)
        case .length(let announced):
            guard file.count <= bodyLeft else {
                context.keepAlive = false
                throw .bodyTooLong(announced: announced)
            }
            bodyLeft -= file.count
            output.append(file)
        case .chunked:
            output.appendPieces { $0.appendChunkStart(length: file.count) }
            output.append(file, trailer: more ? "\r\n" : "\r\n0\r\n\r\n")
        }
    }

    /// Appends a whole response of the server's own, the connection's last.
    mutating func writeError(status: Int, requestID: RequestID?, to output: inout OutputQueue, _ shared: LoopContext) throws(ASGIError) {
        output.gather()
        let reason = ReasonPhrase.text(for: status)
        // One that is too busy may well not be in a moment.
        let headers: Headers = status == 503 ? ["content-type": "text/plain", "retry-after": "1"] : ["content-type": "text/plain"]
        try start(
            status: status, headers: headers, bodyLength: reason.utf8CodeUnitCount, isLast: true, requestID: requestID,
            to: &output, shared
        )
        if case .length = framing { output.gathered.append(reason) }
    }
}
