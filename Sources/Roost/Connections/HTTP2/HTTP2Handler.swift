import NIOCore
import NIOHTTP2

/// How NIOHTTP2 is used here: what it is told of a connection's limits, and what is seen of the frames that it writes by itself.
enum HTTP2Handler {
    /// How much of a request's body may arrive before the application takes some.
    static let streamWindow = 64 << 10
    /// In how much time clients may send so many frames of a kind that costs more than it does.
    private static let rateWindow = TimeAmount.seconds(30)

    static func make(_ limits: ConnectionLimits, watch: FrameWatch) -> NIOHTTP2Handler {
        var configuration = NIOHTTP2Handler.ConnectionConfiguration()
        configuration.initialSettings = [
            // The first, where `announce` finds it.
            HTTP2Setting(parameter: .maxConcurrentStreams, value: Int(Int32.max)),
            HTTP2Setting(parameter: .maxHeaderListSize, value: limits.h2MaxHeaderListSize),
            HTTP2Setting(parameter: .maxFrameSize, value: limits.h2MaxInboundFrameSize),
            HTTP2Setting(parameter: .initialWindowSize, value: streamWindow),
            HTTP2Setting(parameter: .enableConnectProtocol, value: 1),
        ]
        configuration.maximumSequentialEmptyDataFrames = 10
        configuration.maximumBufferedControlFrames = 1000
        configuration.controlFrameRateLimit.maximumCount = limits.h2MaxControlFrames
        configuration.controlFrameRateLimit.windowLength = rateWindow
        // Frames may be on their way for as many streams as are reset at once.
        configuration.maximumRecentlyResetStreams = limits.h2MaxConcurrentStreams + 32
        // Errors are counted by their rate, and not for the whole life of a connection that a proxy keeps.
        configuration.maximumConnectionGlitches = .max
        var streamConfiguration = NIOHTTP2Handler.StreamConfiguration()
        streamConfiguration.streamResetFrameRateLimit.maximumCount = limits.h2MaxResets
        streamConfiguration.streamResetFrameRateLimit.windowLength = rateWindow
        streamConfiguration.streamErrorRateLimit.maximumCount = limits.h2MaxResets
        streamConfiguration.streamErrorRateLimit.windowLength = rateWindow
        return NIOHTTP2Handler(mode: .server, frameDelegate: watch, connectionConfiguration: configuration, streamConfiguration: streamConfiguration)
    }

    /// Puts the number of streams that a client may have into the first frame, the handler's SETTINGS.
    ///
    /// The handler is not told of the number: it would end the connection over a stream too many, where RFC 9113 has that stream refused (section 5.1.2).
    static func announce(maxStreams: Int, in settings: inout ByteBuffer) {
        // Behind the frame's head (section 4.1) and the setting's name.
        settings.setInteger(UInt32(clamping: maxStreams), at: settings.readerIndex + 9 + 2)
    }

    /// A GOAWAY frame that is written past the handler, which takes nothing new once it has sent one.
    static func goAway(last: UInt32, _ code: HTTP2ErrorCode) -> ByteBuffer {
        var frame = ByteBuffer()
        frame.writeBytes([0, 0, 8, 7, 0, 0, 0, 0, 0])
        frame.writeInteger(last)
        frame.writeInteger(UInt32(http2ErrorCode: code))
        return frame
    }
}

/// Notices that the handler has ended a connection, which it tells like any other error.
///
/// Used on its connection's loop only.
final class FrameWatch: NIOHTTP2FrameDelegate {
    private(set) var hasEndedConnection = false

    func wroteFrame(_ frame: HTTP2Frame) {
        if case .goAway(_, let code, _) = frame.payload, code != .noError { hasEndedConnection = true }
    }
}

/// Counts what clients may make happen only so often in a while.
struct RateLimit {
    private static let interval = Nanoseconds(.seconds(30))

    let limit: Int
    private var count = 0
    private var begun: MonotonicTime

    init(_ limit: Int, at now: MonotonicTime) {
        self.limit = limit
        begun = now
    }

    /// Counts once more; false if that is too often.
    mutating func admit(at now: MonotonicTime) -> Bool {
        if begun.advanced(by: Self.interval) <= now {
            begun = now
            count = 0
        }
        count += 1
        return count <= limit
    }
}
