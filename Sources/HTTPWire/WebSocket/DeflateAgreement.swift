/// The parameters of permessage-deflate that both sides hold to (RFC 7692 section 7.1).
public struct DeflateAgreement: Sendable, Equatable {
    /// Whether each message of the server is compressed by itself.
    public var serverNoContextTakeover = false
    /// Whether each message of the client is compressed by itself.
    public var clientNoContextTakeover = false
    /// The base-2 logarithm of the server's window, 9 to 15.
    public var serverMaxWindowBits = 15
    /// The base-2 logarithm of the client's window, 8 to 15; 15 also where the client can't be told.
    public var clientMaxWindowBits = 15
    private var tellsClientWindow = false

    /// The defaults of the standard.
    public init() {}

    /// Accepts the first offer of permessage-deflate that can be held to.
    ///
    /// An offer is declined for a parameter that is unknown, that comes twice, that has a value where none belongs, or none or another one than 8 to 15
    /// where one belongs; and for a server's window of 8, which zlib can't keep to.
    /// - Returns: nil if there is no such offer.
    public static func accept(_ offers: [WebSocketOffer.Extension], _ settings: DeflateSettings) -> DeflateAgreement? {
        for offer in offers where offer.name == "permessage-deflate" {
            if let agreement = DeflateAgreement(offer, settings) { return agreement }
        }
        return nil
    }

    private init?(_ offer: WebSocketOffer.Extension, _ settings: DeflateSettings) {
        serverNoContextTakeover = settings.serverNoContextTakeover
        clientNoContextTakeover = settings.clientNoContextTakeover
        serverMaxWindowBits = min(max(settings.serverMaxWindowBits, 9), 15)
        var seen: Set<String> = []
        for parameter in offer.parameters {
            guard seen.insert(parameter.name).inserted else { return nil }
            switch (parameter.name, parameter.value) {
            case ("server_no_context_takeover", nil):
                serverNoContextTakeover = true
            case ("client_no_context_takeover", nil):
                clientNoContextTakeover = true
            case ("server_max_window_bits", let value?):
                guard let bits = Self.windowBits(value), bits > 8 else { return nil }
                serverMaxWindowBits = min(serverMaxWindowBits, bits)
            case ("client_max_window_bits", let value):
                guard let bits = value.map(Self.windowBits) ?? 15 else { return nil }
                clientMaxWindowBits = min(bits, min(max(settings.clientMaxWindowBits, 9), 15))
                tellsClientWindow = true
            default:
                return nil
            }
        }
    }

    private static func windowBits(_ value: String) -> Int? {
        switch value {
        case "8", "9", "10", "11", "12", "13", "14", "15": Int(value)
        default: nil
        }
    }

    /// The value of `Sec-WebSocket-Extensions` in the response.
    public var responseValue: String {
        var value = "permessage-deflate"
        if serverNoContextTakeover { value += "; server_no_context_takeover" }
        if clientNoContextTakeover { value += "; client_no_context_takeover" }
        if serverMaxWindowBits < 15 { value += "; server_max_window_bits=\(serverMaxWindowBits)" }
        if tellsClientWindow { value += "; client_max_window_bits=\(clientMaxWindowBits)" }
        return value
    }
}
