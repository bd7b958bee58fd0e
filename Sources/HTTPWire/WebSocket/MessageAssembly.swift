/// Puts a message together from the payloads of its frames: unmasked, decompressed, and checked against the limits and, if it is text, for UTF-8.
struct MessageAssembly: ~Copyable {
    /// How much memory is kept from one message to the next.
    private static let keptCapacity = 4 << 10
    /// How much is decompressed at a time.
    private static let pieceSize = 4 << 10
    /// What is made room for at once, when a frame says that as much will come.
    private static let firstRoom = 16 << 10

    private let limits: WebSocketLimits
    private let deflate: DeflateAgreement?
    private var inflater: Inflater?

    /// The message's bytes so far.
    var message = WireBuffer()
    /// Whether a message has begun and not ended.
    private(set) var isUnderWay = false
    private var kind = WebSocketMessageKind.binary
    private var isCompressed = false
    private var validator = UTF8Validator()
    private var fragments = 0
    private var emptyFragments = 0
    private var compressedSize = 0

    init(limits: WebSocketLimits, deflate: DeflateAgreement?) {
        self.limits = limits
        self.deflate = deflate
    }

    /// What a frame may be that comes next.
    ///
    /// What compressed data becomes is seen while it is decompressed; but nothing that is worth sending is twice as large compressed.
    @inline(__always)
    var rules: FrameHead.Rules {
        let largestCompressed = min(limits.maxMessageSize, Int.max / 4) &* 2 &+ 1024
        let left = isUnderWay && isCompressed ? largestCompressed &- compressedSize : limits.maxMessageSize &- message.readableBytes
        return FrameHead.Rules(
            isInsideMessage: isUnderWay,
            allowsCompression: deflate != nil,
            largestPayload: left,
            largestCompressed: largestCompressed
        )
    }

    /// Begins a frame.
    @inline(__always)
    mutating func begin(_ head: FrameHead) throws(WebSocketFault) {
        if head.opcode != .continuation {
            isUnderWay = true
            kind = head.opcode == .text ? .text : .binary
            isCompressed = head.isCompressed
            validator = UTF8Validator()
            fragments = 0
            emptyFragments = 0
            compressedSize = 0
        }
        fragments &+= 1
        if head.length == 0 { emptyFragments &+= 1 }
        guard fragments <= limits.maxFragments else { throw .policyViolation("the message has too many fragments") }
        guard emptyFragments <= limits.maxEmptyFragments else { throw .policyViolation("the message has too many empty fragments") }
    }

    /// Appends a piece of a frame's payload.
    /// - Parameters:
    ///   - mask: the masking key, its first byte for the first of the piece.
    ///   - count: how many bytes the frame still has, with the piece.
    @inline(__always)
    mutating func append(_ piece: RawSpan, mask: UInt32, expecting count: Int) throws(WebSocketFault) {
        if isCompressed { return try inflate(piece, mask: mask) }
        let before = message.readableBytes
        if message.capacity &- before < piece.byteCount {
            // Never what a head merely claims: a few times what has come, so that the bytes are seldom moved again.
            let arrived = before &+ piece.byteCount
            message.reserve(min(count, max(piece.byteCount, min(Self.firstRoom, count), arrived &* 3)))
        }
        message.append(piece, masked: mask)
        if kind == .text { try validate(from: before) }
    }

    /// Ends the message; returns what it is.
    @inline(__always)
    mutating func end() throws(WebSocketFault) -> WebSocketMessageKind {
        isUnderWay = false
        if isCompressed { try finishInflating() }
        if kind == .text, !validator.isComplete { throw .invalidData("the text ends within a character") }
        return kind
    }

    /// Forgets the message that was complete, so that another may come.
    @inline(__always)
    mutating func forgetMessage() {
        if !isUnderWay, !message.isEmpty { message.reset(keepingCapacity: message.capacity <= Self.keptCapacity) }
    }

    /// Ends a message of which nothing was kept.
    mutating func abandon() {
        isUnderWay = false
    }

    /// Frees what has come of a message, and the decompressor. What comes of it yet must not be appended.
    mutating func discard() {
        message.reset()
        inflater = nil
    }

    private mutating func validate(from start: Int, limit: Int = .max) throws(WebSocketFault) {
        let isValid = message.withUnsafeReadableBytes { bytes in
            validator.isValid(UnsafeRawBufferPointer(rebasing: bytes.prefix(limit)).bytes, from: start)
        }
        guard isValid else { throw .invalidData("the text is not UTF-8") }
    }

    // MARK: Compressed

    @inline(never)
    private mutating func inflate(_ piece: RawSpan, mask: UInt32) throws(WebSocketFault) {
        guard let inflater = try openInflater() else { return }
        compressedSize &+= piece.byteCount
        var unmasked = WireBuffer()
        var offset = 0
        while offset < piece.byteCount {
            // Pieces are a multiple of four bytes, so each begins with the key's first byte.
            let end = min(offset &+ Self.pieceSize, piece.byteCount)
            unmasked.reset(keepingCapacity: true)
            unmasked.append(piece.extracting(offset..<end), masked: mask)
            try unmasked.withUnsafeReadableBytes { bytes throws(WebSocketFault) in
                try check { message, limit throws(WebSocketFault) in try inflater.inflate(bytes, into: &message, limit: limit) }
            }
            offset = end
        }
    }

    @inline(never)
    private mutating func finishInflating() throws(WebSocketFault) {
        // A message of no bytes should be compressed to one; some send none.
        if compressedSize > 0, let inflater = try openInflater() {
            try check { message, limit throws(WebSocketFault) in try inflater.finish(into: &message, limit: limit) }
        }
        if deflate?.clientNoContextTakeover ?? true { inflater = nil }
    }

    private mutating func openInflater() throws(WebSocketFault) -> Inflater? {
        if inflater == nil {
            guard let started = Inflater(windowBits: deflate?.clientMaxWindowBits ?? 15) else {
                throw WebSocketFault(code: WebSocketCloseCode.internalError, reason: "there is no memory to decompress the message")
            }
            inflater = started
        }
        return inflater
    }

    /// Lets `inflate` append, and finds what is wrong with that in the order of the bytes: text that is not UTF-8, then a byte too many, then what `inflate`
    /// itself threw.
    private mutating func check(_ inflate: (inout WireBuffer, Int) throws(WebSocketFault) -> Void) throws(WebSocketFault) {
        let before = message.readableBytes
        var fault: WebSocketFault?
        do throws(WebSocketFault) {
            try inflate(&message, limits.maxMessageSize)
        } catch {
            fault = error
        }
        if kind == .text { try validate(from: before, limit: limits.maxMessageSize) }
        guard message.readableBytes <= limits.maxMessageSize else { throw .tooBig }
        if let fault { throw fault }
    }
}
