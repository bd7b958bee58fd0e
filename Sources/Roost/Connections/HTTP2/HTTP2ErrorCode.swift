import CNghttp2

/// Why a stream or a connection ends (RFC 9113 section 7).
struct HTTP2ErrorCode: Equatable {
    let rawValue: UInt32

    static let noError = HTTP2ErrorCode(rawValue: 0x00)
    static let protocolError = HTTP2ErrorCode(rawValue: 0x01)
    static let internalError = HTTP2ErrorCode(rawValue: 0x02)
    static let flowControlError = HTTP2ErrorCode(rawValue: 0x03)
    static let streamClosed = HTTP2ErrorCode(rawValue: 0x05)
    static let frameSizeError = HTTP2ErrorCode(rawValue: 0x06)
    static let refusedStream = HTTP2ErrorCode(rawValue: 0x07)
    static let cancel = HTTP2ErrorCode(rawValue: 0x08)
    static let enhanceYourCalm = HTTP2ErrorCode(rawValue: 0x0B)

    /// Of what the library gives up over.
    init(fatal code: Int) {
        switch Int32(clamping: code) {
        case NGHTTP2_ERR_BAD_CLIENT_MAGIC.rawValue: self = .protocolError
        case NGHTTP2_ERR_NOMEM.rawValue, NGHTTP2_ERR_CALLBACK_FAILURE.rawValue: self = .internalError
        // Too many answers that the client does not read, or too many frames for one head.
        default: self = .enhanceYourCalm
        }
    }

    init(rawValue: UInt32) { self.rawValue = rawValue }

    /// The code's name in the standard.
    var name: String { String(cString: nghttp2_http2_strerror(rawValue)) }
}
