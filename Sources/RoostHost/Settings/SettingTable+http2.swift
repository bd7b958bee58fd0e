internal import Roost

extension SettingTable {
    static let http2: [Setting] = [
        Setting(
            "http2", .http2, .onOff, \.serve.http2,
            "Speak HTTP/2 in clear text with clients that begin with it, such as HAProxy (proto h2) or nginx (grpc_pass)."
        ),
        Setting(
            "h2_max_concurrent_streams", .http2, .count(1...10_000), \.serve.h2MaxConcurrentStreams,
            "Let a client have this many requests in flight on a connection of HTTP/2."
        ),
        Setting(
            "h2_max_header_list_size", .http2, .bytes(4096...(16 << 20)), \.serve.h2MaxHeaderListSize,
            "Refuse a larger header on HTTP/2, counted uncompressed and with 32 bytes for each field; limit_request_head holds too."
        ),
        Setting(
            "h2_max_inbound_frame_size", .http2, .bytes((16 << 10)...(16 << 20 - 1)), \.serve.h2MaxInboundFrameSize,
            "Take frames of HTTP/2 up to this size."
        ),
        Setting(
            "h2_max_resets", .http2, .count(1...1000), \.serve.h2MaxResets,
            "End a connection of HTTP/2 on which the client has reset or spoiled more streams than this within 30 seconds."
        ),
        Setting(
            "h2_max_control_frames", .http2, .count(10...10_000), \.serve.h2MaxControlFrames,
            "End a connection of HTTP/2 on which more PING, SETTINGS and other control frames than this have come within 30 seconds."
        ),
    ]
}
