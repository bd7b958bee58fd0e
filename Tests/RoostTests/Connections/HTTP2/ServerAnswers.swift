import NIOCore
import NIOHPACK

/// What a server has sent on a connection of HTTP/2, as a client understands it.
struct ServerAnswers {
    struct Stream: Equatable {
        var interim: [Int] = []
        var interimFields: [String: String] = [:]
        var status = 0
        var fields: [String: String] = [:]
        var body: [UInt8] = []
        var trailers: [String: String]?
        var hasEnded = false
        /// The code that the server reset the stream with.
        var reset: ErrorCode?
        var dataFrames = 0
        /// What the client may send more, beyond the window that it has to begin with.
        var window = 0

        var text: String { String(decoding: body, as: UTF8.self) }
    }

    /// RFC 9113 section 7.
    enum ErrorCode: UInt32, Sendable {
        case none, protocolError, internalError, flowControlError, settingsTimeout, streamClosed, frameSizeError, refusedStream, cancel, compressionError
        case connectError, enhanceYourCalm, inadequateSecurity, http11Required
    }

    struct GoAway: Equatable {
        var last: UInt32
        var code: ErrorCode
    }

    enum Failure: Error { case unknownCode(UInt32), unknownStatus(String), dataBeforeHead }

    private(set) var streams: [UInt32: Stream] = [:]
    private(set) var goAways: [GoAway] = []
    private(set) var settings: [UInt16: UInt32] = [:]
    private(set) var settingsAcknowledgements = 0
    private(set) var pings: [String] = []
    private(set) var window = 0
    /// Kinds and streams of all frames, in order.
    private(set) var order: [(kind: ClientFrame.Kind?, stream: UInt32)] = []
    private var unread: [UInt8] = []
    private var block: [UInt8] = []
    private var blockEndsStream = false
    private var decoder = HPACKDecoder(allocator: ByteBufferAllocator(), maxDynamicTableSize: 1 << 17, maxHeaderListSize: 1 << 20)

    mutating func take(_ bytes: [UInt8]) throws {
        unread += bytes
        while unread.count >= 9 {
            let length = Int(unread[0]) << 16 | Int(unread[1]) << 8 | Int(unread[2])
            guard unread.count >= 9 + length else { return }
            let flags = ClientFrame.Flags(rawValue: unread[4])
            let frame = ClientFrame(kind: unread[3], flags, on: Self.number(unread[5..<9]) & 0x7fff_ffff, Array(unread[9..<9 + length]))
            unread.removeFirst(9 + length)
            try take(frame)
        }
    }

    private mutating func take(_ frame: ClientFrame) throws {
        let kind = ClientFrame.Kind(rawValue: frame.kind)
        order.append((kind, frame.stream))
        switch kind {
        case .data:
            guard streams[frame.stream, default: Stream()].status > 0 else { throw Failure.dataBeforeHead }
            streams[frame.stream]?.body += frame.payload
            streams[frame.stream]?.dataFrames += 1
            if frame.flags.contains(.endStream) { streams[frame.stream]?.hasEnded = true }
        case .headers, .continuation:
            if kind == .headers {
                block = []
                blockEndsStream = frame.flags.contains(.endStream)
            }
            block += frame.payload
            if frame.flags.contains(.endHeaders) { try takeBlock(on: frame.stream) }
        case .reset: streams[frame.stream, default: Stream()].reset = try Self.code(frame.payload[0..<4])
        case .settings:
            if frame.flags.contains(.acknowledgement) { settingsAcknowledgements += 1 }
            for start in stride(from: 0, to: frame.payload.count, by: 6) {
                settings[UInt16(Self.number(frame.payload[start..<start + 2]))] = Self.number(frame.payload[start + 2..<start + 6])
            }
        case .ping: pings.append(String(decoding: frame.payload, as: UTF8.self) + (frame.flags.contains(.acknowledgement) ? "" : "?"))
        case .goAway: goAways.append(GoAway(last: Self.number(frame.payload[0..<4]), code: try Self.code(frame.payload[4..<8])))
        case .windowUpdate:
            let increment = Int(Self.number(frame.payload[0..<4]))
            if frame.stream == 0 { window += increment } else { streams[frame.stream, default: Stream()].window += increment }
        case .priority, .pushPromise, nil: break
        }
    }

    private mutating func takeBlock(on id: UInt32) throws {
        var buffer = ByteBuffer(bytes: block)
        var stream = streams[id, default: Stream()]
        var fields: [String: String] = [:]
        for field in try decoder.decodeHeaders(from: &buffer) { fields[field.name] = fields[field.name].map { $0 + ", " + field.value } ?? field.value }
        if let text = fields.removeValue(forKey: ":status") {
            guard let status = Int(text) else { throw Failure.unknownStatus(text) }
            if status < 200 {
                stream.interim.append(status)
                stream.interimFields = fields
            } else {
                stream.status = status
                stream.fields = fields
            }
        } else {
            stream.trailers = fields
        }
        if blockEndsStream { stream.hasEnded = true }
        streams[id] = stream
    }

    private static func code(_ bytes: ArraySlice<UInt8>) throws -> ErrorCode {
        guard let code = ErrorCode(rawValue: number(bytes)) else { throw Failure.unknownCode(number(bytes)) }
        return code
    }

    private static func number(_ bytes: ArraySlice<UInt8>) -> UInt32 { bytes.reduce(0) { $0 << 8 | UInt32($1) } }
}
