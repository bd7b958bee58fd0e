internal import Roost

extension SettingTable {
    /// What is spoken on WebSockets.
    static let webSocket: [Setting] = [
        Setting(
            "websocket_max_message_size", .webSocket, .bytes(1...(1 << 30)), \.serve.websocketMaxMessageSize,
            "Close a WebSocket on which a longer message comes, counted decompressed (1009)."
        ),
        Setting(
            "websocket_ping_interval", .webSocket, .either(.positiveTime, or: "off"), \.serve.websocketPingInterval,
            "Ping a client from which nothing has come for this long."
        ),
        Setting(
            "websocket_ping_timeout", .webSocket, .either(.positiveTime, or: "off"), \.serve.websocketPingTimeout,
            "Close a WebSocket whose client does not answer a ping within this time."
        ),
        Setting(
            "websocket_per_message_deflate", .webSocket, .onOff, \.serve.websocketPerMessageDeflate,
            "Compress messages if the client offers it (permessage-deflate)."
        ),
    ]
}
