import HTTPWire

/// One connection without a descriptor: bytes in, and a state out that a transport acts on.
///
/// A transport hands in what it read (`received`, `readEnded`, `peerGone`), what it wrote (`wrote`) and that the time in `deadline` has
/// come (`deadlineReached`). After each of these, and when `transport` is told of a change, it writes `output`, reads if
/// `wantsRead`, and closes as `ending` says. Everything happens on the loop's thread. A connection may have another inside: TLS has HTTP.
///
/// Exclusivity is not checked at run time for what changes with each request, which costs a tenth of a small request. Invariant: only
/// methods of this class, its subclasses and of the transport change these properties, and none calls out while it changes one.
class WireConnection {
    /// How a connection is to be closed.
    enum Ending {
        /// It stays open.
        case open
        /// When the output is written. `lingering`: the peer may still be sending, and must not lose the response over it.
        case afterOutput(lingering: Bool)
        /// At once, and the output is dropped. `reset`: so that the peer sees that the response is not whole.
        case now(reset: Bool)
    }

    /// Above this many bytes of output an application waits before it sends more.
    static let highWater = 64 << 10
    /// Below this many bytes of output it goes on.
    static let lowWater = 32 << 10
    /// How long a connection without a request stays open once the server is shutting down.
    static let lastMoment = Nanoseconds(.seconds(1))

    /// Held, though the transport that owns this connection keeps it alive longer: what is looked at through it need not be retained then.
    final let shared: LoopContext
    /// Invariant: the transport's connection owns this one. Nil until `attach`.
    final unowned(unsafe) private(set) var transport: (any ConnectionTransport)?

    /// The transport is about to act on all that changes, and need not be told.
    @exclusivity(unchecked) final var isInTurn = false

    @exclusivity(unchecked) final var output = OutputQueue()
    @exclusivity(unchecked) final var ending = Ending.open
    /// Counts this connection as one that speaks HTTP/2; nil for the others.
    final var http2Presence: HTTP2Presence?
    /// When the peer last did what is being waited for.
    @exclusivity(unchecked) final var mark: MonotonicTime

    init(shared: LoopContext) {
        self.shared = shared
        mark = shared.loop.now
    }

    /// Names the transport that acts on this connection's state and outlives it; called once, before anything else.
    final func attach(to transport: any ConnectionTransport) {
        self.transport = transport
    }

    /// Tells the transport that output, reading or ending may have changed.
    @inline(__always)
    final func changed() {
        if !isInTurn { transport?.connectionChanged() }
    }

    /// Gives the storage of output without small pieces back, so that an idle connection holds none, nor one that sends a file.
    final func releaseOutputStorage() {
        if shared.spareOutput.capacity == 0 { swap(&output.gathered, &shared.spareOutput) }
        output.gathered.reset()
    }

    /// Takes storage for output that is about to come.
    @inline(__always)
    final func takeSpareOutput() {
        swap(&output.gathered, &shared.spareOutput)
    }

    // MARK: What the transport acts on

    /// Whether bytes from the peer are wanted now.
    var wantsRead: Bool { false }
    /// When `deadlineReached` is to be called.
    var deadline: MonotonicTime { .distantFuture }
    /// Whether no request is under way.
    var isIdle: Bool { true }

    // MARK: What the transport tells

    /// Takes bytes from the peer.
    func received(_ bytes: Span<UInt8>) {}
    /// Notes that the peer sends nothing more. It may still read: a response under way is finished.
    func readEnded() {}
    /// Notes that the peer sends nothing beyond what is not read yet: an application that waits for its client to go has waited long enough.
    func endIsNear() {}
    /// Notes that the peer is gone altogether.
    func peerGone() {}
    /// Notes that output was written.
    func wrote() {}
    /// Notes that the time in `deadline` has come.
    func deadlineReached() {}
    /// Ends the connection soon after no request is under way any more: the server is shutting down.
    func drain() {}
    /// Ends the connection at once, whatever is under way.
    func cutOff() {}
    /// Notes that the transport acts on this connection no more: it is closed.
    func closed() {}
}

/// What drives a connection, as the connection sees it.
protocol ConnectionTransport: AnyObject {
    /// The connection's output, reading or ending may have changed.
    func connectionChanged()
    /// Writes what it can of the output at once, and closes nothing; false if the peer turns out to be gone.
    func writeNow() -> Bool
    /// Has the output sent, at once or together with that of others; like `writeNow` otherwise.
    func writeSoon() -> Bool
    /// Drives `successor` in place of the connection that asks for it, which has nothing left to write and begins nothing more.
    func replaceConnection(with successor: WireConnection)
}

extension ConnectionTransport {
    /// For one that writes at the end of a round soon enough.
    func writeNow() -> Bool { true }

    func writeSoon() -> Bool { writeNow() }
}
