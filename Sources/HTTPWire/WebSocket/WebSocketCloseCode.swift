/// Why a WebSocket is closed (RFC 6455 section 7.4, and IANA's registry).
public enum WebSocketCloseCode {
    public static let normal: UInt16 = 1000
    public static let goingAway: UInt16 = 1001
    public static let protocolError: UInt16 = 1002
    /// Never in a frame: what is told of a close frame without a code.
    public static let none: UInt16 = 1005
    /// Never in a frame: what is told of a connection that ended without a close frame.
    public static let abnormal: UInt16 = 1006
    /// Text that is not UTF-8, or compressed data that is none.
    public static let invalidData: UInt16 = 1007
    public static let policyViolation: UInt16 = 1008
    public static let tooBig: UInt16 = 1009
    public static let internalError: UInt16 = 1011
    public static let serviceRestart: UInt16 = 1012

    /// Whether a close frame may hold this code: 1000 to 1003, 1007 to 1014, 3000 to 4999.
    public static func isValid(_ code: UInt16) -> Bool {
        switch code {
        case 1000...1003, 1007...1014, 3000...4999: true
        default: false
        }
    }
}
