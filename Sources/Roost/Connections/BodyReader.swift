import HTTPWire

/// Finds a request's body in the bytes that follow its head, whichever way it is framed.
struct BodyReader {
    private enum Framing {
        case length(left: Int)
        /// Elsewhere, because every connection has a reader, and few ever need as much.
        indirect case chunked(ChunkedDecoder)
    }

    enum Step {
        /// Nothing to be had from the rest; `consumed` bytes of it are done with.
        case needMore(consumed: Int)
        /// A piece of the body, at these offsets.
        case data(Range<Int>, consumed: Int)
        /// The body is complete.
        case end(consumed: Int)
        case rejected(RequestRejection)
    }

    /// A body that is complete.
    static let finished = BodyReader(.none, limit: 0, trailerLimits: RequestLimits())

    private var framing: Framing
    /// How much more body may come before it is too large.
    private var allowance: Int

    /// - Parameter limit: the largest body in bytes.
    init(_ framing: RequestHead.Framing, limit: Int, trailerLimits: RequestLimits) {
        allowance = limit
        switch framing {
        case .none: self.framing = .length(left: 0)
        case .length(let length): self.framing = .length(left: length)
        case .chunked: self.framing = .chunked(ChunkedDecoder(limits: trailerLimits))
        }
    }

    /// Lets at most `limit` bytes more come.
    mutating func restrict(to limit: Int) {
        allowance = min(allowance, limit)
    }

    /// Whether it is known that the rest is longer than `count` bytes.
    func isLonger(than count: Int) -> Bool {
        if case .length(let left) = framing { left > count } else { false }
    }

    mutating func next(_ bytes: Span<UInt8>) -> Step {
        switch framing {
        case .length(let left):
            guard left > 0 else { return .end(consumed: 0) }
            guard !bytes.isEmpty else { return .needMore(consumed: 0) }
            let count = min(left, bytes.count)
            framing = .length(left: left - count)
            return admit(0..<count, consumed: count)
        case .chunked(var decoder):
            let step = decoder.decode(bytes)
            framing = .chunked(decoder)
            switch step {
            case .needMore(let consumed): return .needMore(consumed: consumed)
            case .data(let range, let consumed): return admit(range, consumed: consumed)
            case .end(let consumed): return .end(consumed: consumed)
            case .rejected(let rejection): return .rejected(rejection)
            }
        }
    }

    private mutating func admit(_ range: Range<Int>, consumed: Int) -> Step {
        guard range.count <= allowance else {
            return .rejected(.bodyTooLarge)
        }
        allowance -= range.count
        return .data(range, consumed: consumed)
    }
}

extension RequestRejection {
    static let bodyTooLarge = RequestRejection(status: 413, reason: "the body is larger than max_body_size")
}
