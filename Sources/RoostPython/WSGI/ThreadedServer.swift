import CLinux
import Glibc
import Roost
import Synchronization

/// A server as Python drives it.
protocol ServerDriver: AnyObject {
    /// Readable whenever `drain` has something to do.
    var descriptor: Int32 { get }
    /// Does what there is to do, as `DrivenServer.drain` does.
    func drain(waiting: ((() -> Void) -> Void)?)
    func listen() throws -> [BoundAddress]
    func stopListening()
    func drainConnections(onIdle: @escaping () -> Void)
    func cutOff(onIdle: @escaping () -> Void)
    var requestsInFlight: Int { get }
    var connections: Int { get }
    var counts: ServerStatus { get }
    func close()
}

extension DrivenServer: ServerDriver {}

/// A server on a thread of its own that never needs the GIL, for applications that run on other threads. Python's loop only learns when
/// something that it waits for has happened.
///
/// All of it is used on one thread, which holds the GIL.
final class ThreadedServer: ServerDriver {
    private let shared: Shared
    private var isRunning = false
    private var isClosed = false

    init(_ driven: DrivenServer) throws {
        shared = try Shared(driven)
        counts = driven.counts
    }

    deinit {
        close()
    }

    var descriptor: Int32 { shared.noteDescriptor }
    var requestsInFlight: Int { counts.requestsInFlight }
    var connections: Int { counts.connections }
    let counts: ServerStatus

    /// Does what the server's thread has left to the loop's, which never waits here: its clients wait for the server's.
    func drain(waiting: ((() -> Void) -> Void)?) {
        for note in shared.takeNotes() { note.action() }
    }

    func listen() throws -> [BoundAddress] {
        // The thread does not run yet, so this one is the server's.
        let binds = try shared.driven.listen()
        let shared = shared
        try DetachedThread.start(named: "roost-io") { shared.run() }
        isRunning = true
        return binds
    }

    func stopListening() { perform { $0.stopListening() } }

    func drainConnections(onIdle: @escaping () -> Void) {
        let note = Note(action: onIdle)
        perform { [shared] in $0.drainConnections { shared.post(note) } }
    }

    func cutOff(onIdle: @escaping () -> Void) {
        let note = Note(action: onIdle)
        perform { [shared] in $0.cutOff { shared.post(note) } }
    }

    func close() {
        guard !isClosed else { return }
        isClosed = true
        perform { [shared] in
            $0.close()
            shared.hasEnded = true
        }
        isRunning = false
    }

    /// Runs `action` on the server's thread, and waits for it without the GIL.
    private func perform(_ action: @escaping @Sendable (DrivenServer) -> Void) {
        guard isRunning else { return action(shared.driven) }
        let isDone = Monitor(false)
        InterpreterLock().released {
            shared.order {
                action($0)
                isDone.withLock { $0 = true }
                isDone.wakeOne()
            }
            isDone.wait { $0 ? () : nil }
        }
    }
}

/// Something that Python's loop is to learn.
///
/// `@unchecked Sendable`: it is only carried by the server's thread, and called by the one that it is for.
private struct Note: @unchecked Sendable {
    let action: () -> Void
}

/// What both threads have.
///
/// `@unchecked Sendable`: `driven` and `hasEnded` are touched by the server's thread while there is one, and else by the other; the descriptors
/// never change; the rest is guarded.
private final class Shared: @unchecked Sendable {
    let driven: DrivenServer
    /// An eventfd(2) that is readable while there are notes.
    let noteDescriptor: Int32
    /// The server is closed, and its thread ends.
    var hasEnded = false
    private let orderDescriptor: Int32
    private let notes = Mutex<[Note]>([])
    private let orders = Mutex<[@Sendable (DrivenServer) -> Void]>([])

    init(_ driven: DrivenServer) throws {
        self.driven = driven
        noteDescriptor = eventfd(0, Int32(EFD_NONBLOCK | EFD_CLOEXEC))
        orderDescriptor = eventfd(0, Int32(EFD_NONBLOCK | EFD_CLOEXEC))
        guard noteDescriptor >= 0, orderDescriptor >= 0 else { throw SystemError("eventfd") }
    }

    deinit {
        Glibc.close(noteDescriptor)
        Glibc.close(orderDescriptor)
    }

    /// Serves until the server is closed.
    func run() {
        var ready = [
            pollfd(fd: driven.descriptor, events: Int16(POLLIN), revents: 0), pollfd(fd: orderDescriptor, events: Int16(POLLIN), revents: 0),
        ]
        while !hasEnded {
            poll(&ready, nfds_t(ready.count), -1)
            if ready[1].revents != 0 { takeOrders() }
            driven.drain()
        }
    }

    private func takeOrders() {
        Self.reset(orderDescriptor)
        let taken = orders.withLock { orders in
            defer { orders = [] }
            return orders
        }
        for order in taken { order(driven) }
    }

    /// Has the server's thread do something.
    func order(_ action: @escaping @Sendable (DrivenServer) -> Void) {
        orders.withLock { $0.append(action) }
        eventfd_write(orderDescriptor, 1)
    }

    func post(_ note: Note) {
        notes.withLock { $0.append(note) }
        eventfd_write(noteDescriptor, 1)
    }

    func takeNotes() -> [Note] {
        Self.reset(noteDescriptor)
        return notes.withLock { notes in
            defer { notes = [] }
            return notes
        }
    }

    private static func reset(_ descriptor: Int32) {
        var count: eventfd_t = 0
        eventfd_read(descriptor, &count)
    }
}
