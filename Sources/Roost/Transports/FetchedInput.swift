/// What clients have sent, read for several connections in a row before any of it is acted on: the kernel and an application each take turns with what
/// the processor has at hand, and change places less often.
///
/// Invariant: the bytes of the connection at `start + place` are those of `bytes` from `place * bytesEach` on, as many as `counts` says.
struct FetchedInput: ~Copyable {
    /// How many connections are read for in a row at most.
    private static let limit = 32
    /// How much is read for each; most heads of requests are shorter.
    private static let bytesEach = 4 << 10

    private let bytes = UnsafeMutablePointer<UInt8>.allocate(capacity: limit * bytesEach)
    private let counts = UnsafeMutablePointer<Int>.allocate(capacity: limit)
    /// The events of the round for which it was tried to read.
    private var events = 0..<0

    deinit {
        bytes.deallocate()
        counts.deallocate()
    }

    /// Forgets what there is, and reads for events from `start` on, which are those before `end` at most.
    ///
    /// - Parameter read: Reads for an event, and returns how many bytes; 0 if there is nothing to be read for it now. Nil ends it: an event before
    ///   which nothing may be read for those behind it.
    mutating func fetch(from start: Int, to end: Int, _ read: (_ event: Int, UnsafeMutableBufferPointer<UInt8>) -> Int?) {
        var place = 0
        while start &+ place < end, place < Self.limit,
            let count = read(start &+ place, UnsafeMutableBufferPointer(start: bytes + place &* Self.bytesEach, count: Self.bytesEach))
        {
            counts[place] = count
            place &+= 1
        }
        events = start..<start &+ place
    }

    /// Forgets what there is: the round is over.
    mutating func forget() { events = 0..<0 }

    /// Whether it was tried to read for this event.
    func covers(_ event: Int) -> Bool { events.contains(event) }

    /// What was read for an event; empty if nothing was. Valid until the next `fetch`.
    func input(for event: Int) -> UnsafeBufferPointer<UInt8> {
        guard events.contains(event) else { return UnsafeBufferPointer(start: nil, count: 0) }
        let place = event &- events.lowerBound
        return UnsafeBufferPointer(start: bytes + place &* Self.bytesEach, count: counts[place])
    }

    /// Whether there may be more than was read.
    static func isCut(_ input: UnsafeBufferPointer<UInt8>) -> Bool { input.count == bytesEach }
}
