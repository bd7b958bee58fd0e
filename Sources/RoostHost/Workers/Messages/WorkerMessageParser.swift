/// Reads messages off a control socket, however the bytes are cut into pieces.
///
/// A message is one byte for its kind, four bytes (big-endian) for the length of what follows, and that.
struct WorkerMessageParser: Sendable {
    /// The longest payload, in bytes.
    static let maximumLength = 65_536

    /// Takes bytes in, as they were received.
    mutating func append(_ bytes: some Sequence<UInt8>) {
    }

    /// The next message; nil if more bytes are needed for it. Once it has thrown, it throws the same again.
    mutating func next() throws(MalformedWorkerMessage) -> WorkerMessage? {
        nil
    }

    /// The worker has closed its end: throws if it did so in the middle of a message.
    func finish() throws(MalformedWorkerMessage) {
    }
}
