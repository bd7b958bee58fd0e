internal import Glibc

/// The channel to a child: the messages of a worker or a successor, and what is said to it.
struct ChildChannel {
    /// This side's end; nonblocking.
    let descriptor: Int32
    private var parser = WorkerMessageParser()

    /// Why a successor does not serve that has said nothing.
    static let endedEarly = "the successor ended before it served"

    /// What came.
    struct Reading {
        var messages: [WorkerMessage] = []
        /// Nothing more will come; with a reason, because what came made no sense.
        var isClosed = false
        var problem: String?
    }

    init(_ descriptor: Int32) { self.descriptor = descriptor }

    /// Reads what is there, and does not wait.
    mutating func read() -> Reading {
        var reading = Reading()
        var buffer = [UInt8](repeating: 0, count: 16 << 10)
        while !reading.isClosed {
            let count = Glibc.read(descriptor, &buffer, buffer.count)
            if count < 0 {
                if errno == EINTR { continue }
                if errno == EAGAIN { break }
            }
            do throws(MalformedWorkerMessage) {
                if count > 0 { parser.append(buffer.prefix(count)) }
                while let message = try parser.next() { reading.messages.append(message) }
                if count <= 0 {
                    reading.isClosed = true
                    try parser.finish()
                }
            } catch {
                reading.isClosed = true
                reading.problem = error.reason
            }
        }
        return reading
    }

    /// Tells the child; what is not taken is lost.
    func say(_ command: ParentChannel.Command) {
        var byte = command.rawValue
        _ = send(descriptor, &byte, 1, Int32(MSG_NOSIGNAL))
    }

    func close() { _ = Glibc.close(descriptor) }
}
