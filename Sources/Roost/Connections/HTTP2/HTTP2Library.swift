import CNghttp2

/// What all sessions of libnghttp2 have in common: their options, and the C functions that they call.
///
/// `@unchecked Sendable`: made once, and only read after that.
///
/// Invariant of every function: the library calls it from within a method of `HTTP2Session`, whose owner is alive then, with pointers that are valid
/// until it returns; nothing keeps them longer.
final class HTTP2Library: @unchecked Sendable {
    static let shared = HTTP2Library()

    /// Nil if there was no memory when the program began; no session begins then.
    let callbacks: OpaquePointer?
    let options: OpaquePointer?

    private init() {
        var options: OpaquePointer?
        nghttp2_option_new(&options)
        // Windows open as applications take what came.
        nghttp2_option_set_no_auto_window_update(options, 1)
        nghttp2_option_set_no_closed_streams(options, 1)
        // What an application sends may be large; it is its own.
        nghttp2_option_set_max_send_header_block_length(options, 16 << 20)
        self.options = options

        var callbacks: OpaquePointer?
        nghttp2_session_callbacks_new(&callbacks)
        self.callbacks = callbacks
        guard callbacks != nil else { return }
        setReceiving(callbacks)
        setSending(callbacks)
    }

    private func setReceiving(_ callbacks: OpaquePointer?) {
        nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks) { _, frame, owner in
            if let head = HTTP2Library.head(frame), HTTP2Library.isRequest(frame) { HTTP2Library.owner(owner)?.headBegins(on: head.stream_id) }
            return 0
        }
        nghttp2_session_callbacks_set_on_header_callback(callbacks) { _, frame, name, nameCount, value, valueCount, _, owner in
            guard HTTP2Library.isRequest(frame) else { return 0 }
            let name = UnsafeBufferPointer(start: name, count: nameCount).span
            let value = UnsafeBufferPointer(start: value, count: valueCount).span
            return HTTP2Library.owner(owner)?.receivedField(name, value) ?? false ? 0 : NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE.rawValue
        }
        // Without it the library would leave such a field out.
        nghttp2_session_callbacks_set_on_invalid_header_callback(callbacks) { _, _, _, _, _, _, _, _ in NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE.rawValue }
        nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks) { _, _, stream, bytes, count, owner in
            HTTP2Library.owner(owner)?.received(UnsafeBufferPointer(start: bytes, count: count).span, on: stream)
            return 0
        }
        nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks) { _, frame, owner in
            guard let head = HTTP2Library.head(frame) else { return 0 }
            let endsStream = head.flags & UInt8(NGHTTP2_FLAG_END_STREAM.rawValue) != 0
            switch UInt32(head.type) {
            case NGHTTP2_DATA.rawValue: HTTP2Library.owner(owner)?.receivedBodyFrame(on: head.stream_id, endsStream: endsStream)
            case NGHTTP2_HEADERS.rawValue where HTTP2Library.isRequest(frame):
                HTTP2Library.owner(owner)?.receivedHead(on: head.stream_id, endsStream: endsStream)
            case NGHTTP2_HEADERS.rawValue where endsStream: HTTP2Library.owner(owner)?.receivedTrailers(on: head.stream_id)
            case NGHTTP2_SETTINGS.rawValue where head.flags & UInt8(NGHTTP2_FLAG_ACK.rawValue) == 0: HTTP2Library.owner(owner)?.receivedSettings()
            case NGHTTP2_GOAWAY.rawValue: HTTP2Library.owner(owner)?.receivedGoAway()
            default: break
            }
            return 0
        }
        nghttp2_session_callbacks_set_on_invalid_frame_recv_callback(callbacks) { _, frame, code, owner in
            guard let head = HTTP2Library.head(frame) else { return 0 }
            let reason = String(cString: nghttp2_strerror(code))
            HTTP2Library.owner(owner)?.receivedViolation("\(reason) (frame of type \(head.type) on stream \(head.stream_id))")
            return 0
        }
        nghttp2_session_callbacks_set_on_stream_close_callback(callbacks) { _, stream, code, owner in
            HTTP2Library.owner(owner)?.streamClosed(stream, HTTP2ErrorCode(rawValue: code))
            return 0
        }
    }

    private func setSending(_ callbacks: OpaquePointer?) {
        nghttp2_session_callbacks_set_on_frame_send_callback(callbacks) { _, frame, owner in
            guard let frame, let head = HTTP2Library.head(frame) else { return 0 }
            switch UInt32(head.type) {
            case NGHTTP2_RST_STREAM.rawValue:
                HTTP2Library.owner(owner)?.sentReset(on: head.stream_id, HTTP2ErrorCode(rawValue: frame.pointee.rst_stream.error_code))
            case NGHTTP2_GOAWAY.rawValue where frame.pointee.goaway.error_code != 0: HTTP2Library.owner(owner)?.sentFatalGoAway()
            default: break
            }
            return 0
        }
        nghttp2_session_callbacks_set_on_frame_not_send_callback(callbacks) { _, frame, _, owner in
            if let head = HTTP2Library.head(frame), UInt32(head.type) == NGHTTP2_HEADERS.rawValue { HTTP2Library.owner(owner)?.headFailed(on: head.stream_id) }
            return 0
        }
        nghttp2_session_callbacks_set_send_data_callback(callbacks) { _, frame, frameHead, count, _, owner in
            guard let head = HTTP2Library.head(frame) else { return NGHTTP2_ERR_CALLBACK_FAILURE.rawValue }
            let bytes = UnsafeRawBufferPointer(start: frameHead, count: HTTP2Library.frameHeadSize)
            return HTTP2Library.owner(owner)?.writeBody(of: head.stream_id, frameHead: bytes, count: count) ?? false ? 0 : NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE.rawValue
        }
    }

    /// RFC 9113 section 4.1.
    private static let frameHeadSize = 9

    static let readBody: nghttp2_data_source_read_callback = { _, stream, _, most, flags, _, owner in
        var marks = NGHTTP2_DATA_FLAG_NO_COPY.rawValue
        defer { flags?.pointee = marks }
        switch HTTP2Library.owner(owner)?.nextBodyPart(of: stream, atMost: most) ?? .failed {
        case .none: return Int(NGHTTP2_ERR_DEFERRED.rawValue)
        case .noRoom: return Int(NGHTTP2_ERR_PAUSE.rawValue)
        case .failed: return Int(NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE.rawValue)
        case .bytes(let count, let end):
            if end != .moreBody { marks |= NGHTTP2_DATA_FLAG_EOF.rawValue }
            if end == .trailers { marks |= NGHTTP2_DATA_FLAG_NO_END_STREAM.rawValue }
            return count
        }
    }

    /// Every session is made with its owner, which outlives it.
    private static func owner(_ pointer: UnsafeMutableRawPointer?) -> HTTP2Connection? {
        pointer.map { Unmanaged<HTTP2Connection>.fromOpaque($0).takeUnretainedValue() }
    }

    /// A frame of any kind begins with its head.
    private static func head(_ frame: UnsafePointer<nghttp2_frame>?) -> nghttp2_frame_hd? {
        frame.map { UnsafeRawPointer($0).load(as: nghttp2_frame_hd.self) }
    }

    /// Whether a frame of fields begins a stream.
    private static func isRequest(_ frame: UnsafePointer<nghttp2_frame>?) -> Bool {
        frame.map { UnsafeRawPointer($0).assumingMemoryBound(to: nghttp2_headers.self).pointee.cat == NGHTTP2_HCAT_REQUEST } ?? false
    }
}
