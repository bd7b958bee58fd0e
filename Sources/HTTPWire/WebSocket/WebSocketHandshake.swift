/// The opening handshake of a WebSocket in HTTP/1.1 (RFC 6455 section 4.2), as far as a server must check it.
public struct WebSocketHandshake: Sendable, Equatable {
    /// What a request is.
    public enum Outcome: Sendable, Equatable {
        /// An ordinary request: it does not ask for a WebSocket, or on HTTP/1.0, where `Upgrade` means nothing.
        case notWebSocket
        /// A right handshake.
        case accepted(WebSocketHandshake)
        /// A wrong one. With status 426 the response is `WireBuffer.appendUpgradeRequired`.
        case rejected(RequestRejection)
    }

    /// The value of `Sec-WebSocket-Accept` that answers the client's key.
    public let accept: String
    public let offer: WebSocketOffer

    /// Checks a request.
    ///
    /// | Question | Answer |
    /// |---|---|
    /// | `Upgrade` with `websocket` in any case in its list, named in `Connection`, on HTTP/1.1 | a WebSocket is asked for; else it is an ordinary request |
    /// | Method other than GET, or a body | 400 |
    /// | `Sec-WebSocket-Version` | one field, `13`; else 426, which tells the version |
    /// | `Sec-WebSocket-Key` | one field, base64 of 16 bytes; else 400 |
    /// | `Sec-WebSocket-Protocol`, `Sec-WebSocket-Extensions` | lists as they must be; else 400 |
    public static func check(_ head: RequestHead) -> Outcome {
        guard head.wantsUpgrade, asksForWebSocket(head.headers) else { return .notWebSocket }
        guard head.bytes[head.methodRange].elementsEqual("GET".utf8) else { return rejected("a WebSocket is asked for with a method other than GET") }
        guard head.framing == .none else { return rejected("the request for a WebSocket has a body") }
        let headers = head.headers
        guard hasVersion(headers) else { return .rejected(wrongVersion) }
        let keys = headers.values(for: "sec-websocket-key")
        guard keys.count == 1, Base64.isSixteenBytes(keys[0].utf8) else { return rejected("Sec-WebSocket-Key is not the base64 of 16 bytes") }
        do throws(RequestRejection) {
            return .accepted(WebSocketHandshake(accept: accept(forKey: keys[0]), offer: try WebSocketOffer(headers)))
        } catch {
            return .rejected(error)
        }
    }

    /// Checks an extended CONNECT of HTTP/2 with the `:protocol` `websocket` (RFC 8441 section 5), which has a version but neither `Upgrade` nor a key.
    /// - Throws: a rejection with status 426 for another version, which the response is to tell in `sec-websocket-version`; with 400 for an offer that
    ///   is none.
    public static func checkConnect(_ headers: Headers) throws(RequestRejection) -> WebSocketOffer {
        guard hasVersion(headers) else { throw wrongVersion }
        return try WebSocketOffer(headers)
    }

    private static func hasVersion(_ headers: Headers) -> Bool { headers.values(for: "sec-websocket-version") == ["13"] }

    private static var wrongVersion: RequestRejection { RequestRejection(status: 426, reason: "Sec-WebSocket-Version is not 13") }

    /// The value of `Sec-WebSocket-Accept` for a value of `Sec-WebSocket-Key`.
    public static func accept(forKey key: String) -> String {
        Base64.encode(SHA1.digest(of: Array("\(key)258EAFA5-E914-47DA-95CA-C5AB0DC85B11".utf8)))
    }

    private static func asksForWebSocket(_ headers: Headers) -> Bool {
        headers.values(for: "upgrade").contains { value in
            let bytes = Array(value.utf8)
            return bytes.split(separator: UInt8(ascii: ",")).contains { element in
                let range = bytes.span.bytes.trimmingWhitespace(element.startIndex..<element.endIndex)
                return bytes.span.bytes.equals("websocket", in: range)
            }
        }
    }

    private static func rejected(_ reason: String) -> Outcome { .rejected(RequestRejection(status: 400, reason: reason)) }
}
