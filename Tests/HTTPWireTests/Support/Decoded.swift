import HTTPWire

/// What a chunked decoder makes of bytes that arrive in pieces.
struct Decoded: Equatable {
    enum End: Equatable {
        case none
        case ended(consumed: Int)
        case rejected(RequestRejection)
    }

    var body: [UInt8] = []
    var end = End.none
    var trailers: [HeaderField] = []
    /// The most bytes that were left over while more were waited for.
    var mostLeftOver = 0

    /// Pieces end at `cuts`, which ascend, and at the end.
    init(_ bytes: [UInt8], cuts: [Int], limits: RequestLimits = RequestLimits()) {
        var decoder = ChunkedDecoder(limits: limits)
        var offset = 0
        for cut in cuts + [bytes.count] where end == .none {
            piece: while true {
                let rest = Array(bytes[offset..<max(offset, cut)])
                switch decoder.decode(rest.span) {
                case .needMore(let consumed):
                    offset += consumed
                    mostLeftOver = max(mostLeftOver, rest.count - consumed)
                    break piece
                case .data(let range, let consumed):
                    body += rest[range]
                    offset += consumed
                case .end(let consumed):
                    end = .ended(consumed: offset + consumed)
                    break piece
                case .rejected(let rejection):
                    end = .rejected(rejection)
                    break piece
                }
            }
        }
        trailers = Array(decoder.trailers)
    }

    static func == (one: Decoded, other: Decoded) -> Bool {
        one.body == other.body && one.end == other.end && one.trailers == other.trailers
    }

    var status: Int {
        if case .rejected(let rejection) = end { rejection.status } else { 0 }
    }

    /// Decodes bytes whole, byte by byte, and cut in two at every place; returns the outcome, and the first way that led to another one.
    static func everyWay(_ bytes: [UInt8], limits: RequestLimits = RequestLimits()) -> (Decoded, different: String?) {
        let whole = Decoded(bytes, cuts: [], limits: limits)
        let single = Decoded(bytes, cuts: Array(bytes.indices), limits: limits)
        if single != whole { return (whole, "byte by byte: \(single)") }
        for cut in bytes.indices {
            let halves = Decoded(bytes, cuts: [cut], limits: limits)
            if halves != whole { return (whole, "cut at \(cut): \(halves)") }
        }
        return (whole, nil)
    }
}
