extension WorkerMessage {
    /// The first byte of a message.
    enum Kind: UInt8, Sendable {
        case started = 1
        case alive, draining, failed, finished, observed
    }

    /// What numbers can be without being absurd. They leave room for sums.
    private enum Limit {
        static let connections = 0...Int(Int32.max)
        static let requests = 0...(1 << 53)
        static let milliseconds = 0...Int(TimeText.longest)
        static let status = 1...255
        /// Linux has none above 4095.
        static let errno = 0...4095
        static let addressLength = 0...Int(UInt16.max)
    }

    /// Reads the payload of a message of this kind.
    init(_ kind: Kind, _ payload: inout PayloadReader) throws(MalformedWorkerMessage) {
        switch kind {
        case .started:
            var addresses: [String] = []
            while !payload.isEmpty {
                let length = try payload.number("an address's length", size: 2, in: Limit.addressLength)
                addresses.append(try payload.text("an address", length: length))
            }
            self = .started(addresses: addresses)
        case .alive:
            var report = WorkerReport()
            report.connections = try payload.number("the number of connections", size: 8, in: Limit.connections)
            report.requestsInFlight = try payload.number("the number of requests in flight", size: 8, in: Limit.connections)
            report.requests = try payload.number("the number of requests", size: 8, in: Limit.requests)
            report.silence = .milliseconds(try payload.number("the silence", size: 8, in: Limit.milliseconds))
            if !payload.isEmpty { report.silentLoop = try payload.text("the silent loop's name") }
            self = .alive(report)
        case .draining:
            self = .draining
        case .failed:
            let status = try payload.number("the exit status", size: 1, in: Limit.status)
            let errno = try payload.number("the error number", size: 4, in: Limit.errno)
            self = .failed(status: Int32(status), errno: errno == 0 ? nil : Int32(errno), reason: try payload.text("the reason"))
        case .finished:
            self = .finished
        case .observed:
            do {
                self = .observed(try WorkerObservation(payload.remainder()))
            } catch {
                throw MalformedWorkerMessage("what it tells of itself cannot be read")
            }
        }
    }

    /// The message as it is on the wire. Text that is too long is cut off between two characters, addresses that find no room are left out,
    /// numbers out of range are brought into it, and silence is counted in whole milliseconds.
    func encoded() -> [UInt8] {
        let payload = payload
        return Self.bigEndian(Int(kind.rawValue), size: 1) + Self.bigEndian(payload.count, size: 4) + payload
    }

    private var kind: Kind {
        switch self {
        case .started: .started
        case .alive: .alive
        case .draining: .draining
        case .failed: .failed
        case .finished: .finished
        case .observed: .observed
        }
    }

    private var payload: [UInt8] {
        let maximum = WorkerMessageParser.maximumLength(kind)
        switch self {
        case .started(let addresses):
            return addresses.reduce(into: []) { payload, address in
                guard payload.count + 2 + address.utf8.count <= maximum, Limit.addressLength.contains(address.utf8.count) else { return }
                payload += Self.bigEndian(address.utf8.count, size: 2) + Array(address.utf8)
            }
        case .alive(let report):
            let silence = TimeText(report.silence)?.milliseconds ?? (report.silence < .zero ? 0 : TimeText.longest)
            let numbers =
                Self.bigEndian(report.connections, in: Limit.connections, size: 8)
                + Self.bigEndian(report.requestsInFlight, in: Limit.connections, size: 8)
                + Self.bigEndian(report.requests, in: Limit.requests, size: 8)
                + Self.bigEndian(Int(silence), size: 8)
            return numbers + Self.text(report.silentLoop ?? "", longest: maximum - numbers.count)
        case .failed(let status, let errno, let reason):
            let numbers = Self.bigEndian(Int(status), in: Limit.status, size: 1) + Self.bigEndian(Int(errno ?? 0), in: Limit.errno, size: 4)
            return numbers + Self.text(reason, longest: maximum - numbers.count)
        case .observed(let observation):
            return observation.encoded(longest: maximum)
        case .draining, .finished:
            return []
        }
    }

    private static func bigEndian(_ number: Int, in range: ClosedRange<Int>, size: Int) -> [UInt8] {
        bigEndian(min(max(number, range.lowerBound), range.upperBound), size: size)
    }

    private static func bigEndian(_ number: Int, size: Int) -> [UInt8] {
        (0..<size).reversed().map { UInt8(truncatingIfNeeded: number >> ($0 * 8)) }
    }

    private static func text(_ text: String, longest: Int) -> [UInt8] {
        let bytes = Array(text.utf8)
        guard bytes.count > longest else { return bytes }
        var end = longest
        // Bytes of the form 10xxxxxx go on with a character.
        while end > 0, bytes[end] & 0xC0 == 0x80 { end -= 1 }
        return Array(bytes[..<end])
    }
}
