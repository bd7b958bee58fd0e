/// What a client offers when it asks for a WebSocket: its subprotocols and extensions (RFC 6455 section 4.1).
///
/// It is the same for an HTTP/1.1 upgrade and for an extended CONNECT (RFC 8441), so it looks at header fields only.
public struct WebSocketOffer: Sendable, Equatable {
    /// An extension with its parameters, in the order in which they came; a parameter may have no value.
    public struct Extension: Sendable, Equatable {
        public struct Parameter: Sendable, Equatable {
            public var name: String
            public var value: String?
        }

        public var name: String
        public var parameters: [Parameter]
    }

    /// The subprotocols, the most wanted first, each once; empty if there is no `Sec-WebSocket-Protocol`.
    public var subprotocols: [String] = []
    /// The extensions, the most wanted first. One name may come several times, with other parameters.
    public var extensions: [Extension] = []

    /// No subprotocols and no extensions.
    public init() {}

    /// Reads the offer of a request.
    /// - Throws: a rejection with status 400 for a field that is not the list it must be.
    public init(_ headers: Headers) throws(RequestRejection) {
        for value in headers.values(for: "sec-websocket-protocol") {
            guard let names = Self.subprotocols(in: value) else {
                throw RequestRejection(status: 400, reason: "Sec-WebSocket-Protocol is not a list of tokens")
            }
            for name in names where !subprotocols.contains(name) { subprotocols.append(name) }
        }
        for value in headers.values(for: "sec-websocket-extensions") {
            guard let list = Self.extensions(in: value) else {
                throw RequestRejection(status: 400, reason: "Sec-WebSocket-Extensions is not a list of extensions and their parameters")
            }
            extensions += list
        }
    }

    private static func subprotocols(in value: String) -> [String]? {
        var scanner = FieldValueScanner(value)
        var names: [String] = []
        repeat {
            guard let name = scanner.token() else { return nil }
            names.append(name)
        } while scanner.skip(UInt8(ascii: ","))
        return scanner.isAtEnd ? names : nil
    }

    private static func extensions(in value: String) -> [Extension]? {
        var scanner = FieldValueScanner(value)
        var list: [Extension] = []
        repeat {
            guard let name = scanner.token() else { return nil }
            var item = Extension(name: name, parameters: [])
            while scanner.skip(UInt8(ascii: ";")) {
                guard let name = scanner.token() else { return nil }
                var parameter = Extension.Parameter(name: name, value: nil)
                if scanner.skip(UInt8(ascii: "=")) {
                    guard let value = scanner.tokenOrQuoted() else { return nil }
                    parameter.value = value
                }
                item.parameters.append(parameter)
            }
            list.append(item)
        } while scanner.skip(UInt8(ascii: ","))
        return scanner.isAtEnd ? list : nil
    }
}
