import ProxyProtocol

/// What comes before the first byte of a client: the PROXY header that a bind takes or demands. Bytes in, a decision out.
struct ProxyPreamble {
    enum Outcome {
        /// The header goes on.
        case needMore
        /// The header is complete; the client's own bytes begin behind the first `used` of those that were handed in last.
        case header(ProxyHeader, used: Int)
        /// There is none, and there need be none. `held` came before the bytes that were handed in last, and belongs to the client too.
        case none(held: [UInt8])
        /// There is one from somebody who may not send one.
        case forbidden
        /// There is none, or not the right one: what is wrong.
        case refused(String)
    }

    private let mode: ProxyProtocolMode
    private let isAllowed: Bool
    private var parser = ProxyHeaderParser()
    /// What came so far, if it came in pieces.
    private var held: [UInt8] = []

    /// Nil for a bind that takes no header.
    init?(_ policy: PeerPolicy, from hop: Hop) {
        guard policy.proxyProtocol != .off else { return nil }
        mode = policy.proxyProtocol
        isAllowed = policy.proxyAllowFrom.trusts(hop)
    }

    /// Whether a header has begun.
    var hasBegun: Bool { !held.isEmpty }

    mutating func receive(_ bytes: Span<UInt8>) -> Outcome {
        guard !held.isEmpty else { return decide(bytes, heldCount: 0) }
        let all = held + Array(bytes)
        return decide(all.span, heldCount: held.count, appended: all)
    }

    /// - Parameters:
    ///   - bytes: everything from the connection's first byte on.
    ///   - heldCount: how many of them came before those that were handed in last.
    private mutating func decide(_ bytes: Span<UInt8>, heldCount: Int, appended: [UInt8]? = nil) -> Outcome {
        switch parser.parse(bytes) {
        case .needMore:
            held = appended ?? Array(bytes)
            return .needMore
        case .header(let header, let length):
            guard isAllowed else { return .forbidden }
            if let wanted, header.version != wanted {
                return .refused("the PROXY header is of version \(header.version), and only \(wanted) is taken (proxy_protocol)")
            }
            return .header(header, used: length - heldCount)
        case .notProxy:
            if mode == .auto { return .none(held: held) }
            return .refused("there is no PROXY header, without which nothing is served here (proxy_protocol = \(mode.rawValue))")
        case .malformed(let error):
            return isAllowed ? .refused(error.description) : .forbidden
        }
    }

    /// Whether bytes that are no request begin as a PROXY header.
    static func begins(_ bytes: Span<UInt8>) -> Bool {
        var parser = ProxyHeaderParser()
        if case .notProxy = parser.parse(bytes) { return false }
        return true
    }

    private var wanted: ProxyHeader.Version? {
        switch mode {
        case .v1: .v1
        case .v2: .v2
        case .off, .auto, .required: nil
        }
    }
}

extension Array<UInt8> {
    fileprivate init(_ bytes: Span<UInt8>) {
        self = bytes.withUnsafeBufferPointer { Array($0) }
    }
}
