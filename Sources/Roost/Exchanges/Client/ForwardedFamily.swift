/// Forwarded fields that belong together. A proxy that sets one family knows nothing of the other, which is then the client's word.
enum ForwardedFamily: Sendable, Hashable {
    /// `x-forwarded-for` and its like.
    case xForwarded
    /// `forwarded`.
    case forwarded

    var other: ForwardedFamily {
        switch self {
        case .xForwarded: .forwarded
        case .forwarded: .xForwarded
        }
    }

    /// The bits of its fields, see `ForwardedHeader.bit`.
    var bits: UInt8 {
        switch self {
        case .xForwarded: 0b01_1111
        case .forwarded: 0b10_0000
        }
    }

    /// The names of its fields, in lower case.
    var fieldNames: [String] { ForwardedHeader.allCases.filter { $0.family == self }.map(\.rawValue) }
}
