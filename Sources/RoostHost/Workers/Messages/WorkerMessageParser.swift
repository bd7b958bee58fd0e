/// Reads messages off a control socket, however the bytes are cut into pieces.
///
/// A message is a byte for its kind, four bytes (big-endian) for the length of its payload, and the payload. A worker runs the app's code, so
/// what comes from it is not believed blindly: whatever is not exactly a message is malformed.
///
/// | Kind | Payload |
/// |---|---|
/// | 1 started | each address: two bytes of length, text |
/// | 2 alive | connections, requests in flight, requests, milliseconds of silence in eight bytes each, then the silent loop's name or nothing |
/// | 3 draining | – |
/// | 4 failed | the exit status in one byte, the error number or 0 in four, then the reason |
/// | 5 finished | – |
/// | 6 observed | a `WorkerObservation` in JSON |
struct WorkerMessageParser: Sendable {
    /// The longest payload of a kind, in bytes.
    static func maximumLength(_ kind: WorkerMessage.Kind) -> Int { kind == .observed ? 1 << 20 : 65_536 }
    static let headLength = 5

    /// Received and not yet read.
    private var bytes: [UInt8] = []
    /// Set once and for all by the first malformed message.
    private var failure: MalformedWorkerMessage?

    /// Takes bytes in, as they were received. All messages that they complete should be taken out before more are put in.
    mutating func append(_ received: some Sequence<UInt8>) {
        guard failure == nil else { return }
        bytes.append(contentsOf: received)
    }

    /// The next message; nil if more bytes are needed for it. Once it has thrown, it throws the same again.
    mutating func next() throws(MalformedWorkerMessage) -> WorkerMessage? {
        if let failure { throw failure }
        do throws(MalformedWorkerMessage) {
            return try take()
        } catch {
            failure = error
            bytes = []
            throw error
        }
    }

    /// The worker has closed its end: throws if it did so in the middle of a message.
    func finish() throws(MalformedWorkerMessage) {
        if let failure { throw failure }
        guard bytes.isEmpty else { throw MalformedWorkerMessage("it ends after \(bytes.count) bytes") }
    }

    private mutating func take() throws(MalformedWorkerMessage) -> WorkerMessage? {
        guard let first = bytes.first else { return nil }
        guard let kind = WorkerMessage.Kind(rawValue: first) else { throw MalformedWorkerMessage("there is no kind \(first)") }
        guard bytes.count >= Self.headLength else { return nil }
        let length = bytes[1..<Self.headLength].reduce(0) { $0 << 8 | Int($1) }
        guard length <= Self.maximumLength(kind) else {
            throw MalformedWorkerMessage("its \(length) bytes are more than the \(Self.maximumLength(kind)) that are accepted")
        }
        let end = Self.headLength + length
        guard bytes.count >= end else { return nil }
        var payload = PayloadReader(bytes[Self.headLength..<end])
        let message = try WorkerMessage(kind, &payload)
        try payload.end()
        bytes.removeFirst(end)
        return message
    }
}
