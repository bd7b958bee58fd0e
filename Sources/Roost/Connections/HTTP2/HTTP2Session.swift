import CNghttp2
import HTTPWire

/// libnghttp2's part of one connection: frames, compression, windows and the states of streams.
///
/// Invariants of the pointers: `session` is this value's alone from `init` to `deinit`. It keeps a pointer to `owner`, which owns this value. What the library
/// hands to callbacks, and `take` to its closure, is used only while these run. Neither `receive` nor `take` is called from within one of them.
struct HTTP2Session: ~Copyable {
    /// What a stream gives of its response's body.
    enum BodyPart {
        /// Nothing yet; `resume` asks again.
        case none
        /// Perhaps something, but there is no room to write it; the next `take` asks again.
        case noRoom
        /// So many bytes, perhaps none, which `HTTP2Connection.writeBody` then writes.
        case bytes(Int, End)
        /// What can't be given: the stream is reset.
        case failed
    }

    /// What comes behind a part of the body.
    enum End {
        case moreBody
        /// Nothing: the part ends the stream.
        case nothing
        /// Trailers, which are submitted already.
        case trailers
    }

    /// How much of all requests' bodies may arrive at once.
    static let connectionWindow = 1 << 20
    /// How much of a request's body may arrive before the application takes some.
    static let streamWindow = 64 << 10

    private let session: OpaquePointer

    /// - Returns: nil if there is no memory.
    init?(for owner: HTTP2Connection, _ limits: ConnectionLimits) {
        var session: OpaquePointer?
        let pointer = Unmanaged.passUnretained(owner).toOpaque()
        guard nghttp2_session_server_new2(&session, HTTP2Library.shared.callbacks, pointer, HTTP2Library.shared.options) == 0, let session else { return nil }
        self.session = session
        let settings = [
            // The first, where `announce` finds it.
            Self.setting(NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS.rawValue, Int(Int32.max)),
            Self.setting(NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE.rawValue, limits.h2MaxHeaderListSize),
            Self.setting(NGHTTP2_SETTINGS_MAX_FRAME_SIZE.rawValue, limits.h2MaxInboundFrameSize),
            Self.setting(NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE.rawValue, Self.streamWindow),
            Self.setting(NGHTTP2_SETTINGS_ENABLE_CONNECT_PROTOCOL.rawValue, 1),
            // NO_RFC7540_PRIORITIES (RFC 9218 section 2.1), which older versions of the library have no name for.
            Self.setting(9, 1),
        ]
        nghttp2_submit_settings(session, UInt8(NGHTTP2_FLAG_NONE.rawValue), settings, settings.count)
        nghttp2_session_set_local_window_size(session, UInt8(NGHTTP2_FLAG_NONE.rawValue), 0, Int32(Self.connectionWindow))
    }

    deinit { nghttp2_session_del(session) }

    private static func setting(_ name: UInt32, _ value: Int) -> nghttp2_settings_entry {
        nghttp2_settings_entry(settings_id: Int32(name), value: UInt32(clamping: value))
    }

    /// Puts the number of streams that a client may have into the first frame, SETTINGS.
    ///
    /// The library is not told of the number: it would end the connection over a stream too many, where RFC 9113 has that stream refused (section 5.1.2).
    static func announce(maxStreams: Int, in settings: inout [UInt8]) {
        // Behind the frame's head (section 4.1) and the setting's name.
        let place = 9 + 2
        guard settings.count >= place + 4 else { return }
        for index in 0..<4 { settings[place + index] = UInt8(truncatingIfNeeded: UInt32(clamping: maxStreams) >> (24 - 8 * index)) }
    }

    // MARK: Bytes

    /// Takes bytes of the client's; a negative result is an error of the library's that nothing can be received after.
    func receive(_ bytes: Span<UInt8>) -> Int {
        bytes.withUnsafeBufferPointer { Int(nghttp2_session_mem_recv(session, $0.baseAddress, $0.count)) }
    }

    /// Whether a stream has begun and not ended, nor was its reset sent.
    func knows(_ stream: Int32) -> Bool { nghttp2_session_get_stream_remote_close(session, stream) >= 0 }

    /// How many frames wait to be written, but for bodies.
    var waitingFrames: Int { nghttp2_session_get_outbound_queue_size(session) }

    /// Calls `body` with what is to be written, frame by frame. DATA is not among it: the owner's `writeBody` writes that in its place.
    ///
    /// - Parameter body: false to be given no more now.
    func take(_ body: (UnsafeRawBufferPointer) -> Bool) {
        var bytes: UnsafePointer<UInt8>?
        while true {
            let count = Int(nghttp2_session_mem_send(session, &bytes))
            guard count > 0, body(UnsafeRawBufferPointer(start: bytes, count: count)) else { return }
        }
    }

    // MARK: Frames

    /// Has the stream's body take turns with the others. They would come one after the other else, and those behind a long one would be late.
    func takeTurns(_ stream: Int32) { cnghttp2_take_turns(session, stream) }

    /// Sends a response's head. Its body is asked for part by part, if it has one.
    func respond(on stream: Int32, _ lines: borrowing FieldLines, hasBody: Bool) {
        var provider = nghttp2_data_provider()
        provider.read_callback = HTTP2Library.readBody
        withUnsafePointer(to: provider) { provider in
            Self.withFields(lines) { fields, count in _ = nghttp2_submit_response(session, stream, fields, count, hasBody ? provider : nil) }
        }
    }

    /// Sends an interim response.
    func sendInterim(on stream: Int32, _ lines: borrowing FieldLines) {
        Self.withFields(lines) { fields, count in
            _ = nghttp2_submit_headers(session, UInt8(NGHTTP2_FLAG_NONE.rawValue), stream, nil, fields, count, nil)
        }
    }

    /// Sends the fields that end a response; from within `nextBodyPart` only.
    func sendTrailers(on stream: Int32, _ lines: borrowing FieldLines) {
        Self.withFields(lines) { fields, count in _ = nghttp2_submit_trailer(session, stream, fields, count) }
    }

    /// Asks for more body of a stream that had none.
    func resume(_ stream: Int32) { nghttp2_session_resume_data(session, stream) }

    /// Resets a stream, unless it is over: what the client has reset must not be reset in answer (RFC 9113 section 5.4.2).
    func reset(_ stream: Int32, _ code: HTTP2ErrorCode) {
        guard knows(stream) else { return }
        nghttp2_submit_rst_stream(session, UInt8(NGHTTP2_FLAG_NONE.rawValue), stream, code.rawValue)
    }

    /// Lets the client send so much more on a stream, or the connection (0).
    func openWindow(of stream: Int32, by count: Int) {
        nghttp2_submit_window_update(session, UInt8(NGHTTP2_FLAG_NONE.rawValue), stream, Int32(clamping: count))
    }

    /// Tells the client that the connection is going to end (RFC 9113 section 6.8).
    func announceEnd() { nghttp2_submit_shutdown_notice(session) }

    /// Lets nothing begin that is not begun.
    func refuseStreams(after last: Int32) {
        nghttp2_submit_goaway(session, UInt8(NGHTTP2_FLAG_NONE.rawValue), last, HTTP2ErrorCode.noError.rawValue, nil, 0)
    }

    /// Ends the connection over what the client has sent.
    func terminate(_ code: HTTP2ErrorCode) { nghttp2_session_terminate_session(session, code.rawValue) }

    /// The library copies the fields before `body` returns.
    private static func withFields(_ lines: borrowing FieldLines, _ body: (UnsafePointer<nghttp2_nv>?, Int) -> Void) {
        lines.withUnsafeLines { lines in
            withUnsafeTemporaryAllocation(of: nghttp2_nv.self, capacity: lines.count) { fields in
                for index in 0..<lines.count {
                    let line = lines[index]
                    fields.initializeElement(
                        at: index,
                        to: nghttp2_nv(
                            name: pointer(line.name), value: pointer(line.value), namelen: line.name.count, valuelen: line.value.count,
                            flags: UInt8(line.isUnique ? NGHTTP2_NV_FLAG_NO_INDEX.rawValue : NGHTTP2_NV_FLAG_NONE.rawValue)))
                }
                body(fields.baseAddress, lines.count)
            }
        }
    }

    /// The library does not write to it.
    private static func pointer(_ bytes: UnsafeRawBufferPointer) -> UnsafeMutablePointer<UInt8>? {
        UnsafeMutablePointer(mutating: bytes.baseAddress?.assumingMemoryBound(to: UInt8.self))
    }
}
