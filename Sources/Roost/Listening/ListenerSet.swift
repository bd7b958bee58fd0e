import Glibc
import Logging
import Synchronization
import Systemd

/// Every socket that a server listens on, from binding to removing the files.
///
/// The end has up to three steps, each harmless when repeated: `closeOwn` (new clients are refused), `close`, and `removeSocketFiles`.
/// A set that is dropped without them leaves its descriptors and files as they are. `leave` comes before them if another process goes on
/// listening on the same sockets.
final class ListenerSet: Sendable {
    /// The sockets in the order of the binds; a bind has several when its host has several addresses or its name several sockets.
    let listeners: [Listener]

    private struct State {
        var isOwnClosed = false
        var isInheritedClosed = false
        var isLeft = false
        /// By the descriptor of the socket.
        var files: [Int32: UnixSocketFile]
    }

    private let state: Mutex<State>

    init(listeners: [Listener], files: [Int32: UnixSocketFile]) {
        self.listeners = listeners
        state = Mutex(State(files: files))
    }

    /// Opens what the binds name: all of it, or nothing and an error.
    ///
    /// Names are resolved and conflicts found before the first socket is opened; after a failure the sockets opened until then are closed, their files removed,
    /// and inherited sockets are as they were. A host's name is resolved on the calling thread.
    ///
    /// - Parameter activated: What systemd passed to this process. Each of these sockets must be named by a bind.
    ///   Nil leaves systemd out, for a program that uses its sockets for something else: `systemd:` then finds none.
    /// - Parameter stored: Sockets that an earlier process of this service has opened, to be used again.
    static func open(
        _ binds: [BindAddress], options: SocketOptions, activated: ListenDescriptors?, stored: [StoredListener] = []
    ) throws(BindError) -> ListenerSet {
        let inherited = try InheritedSockets(binds, activated: activated)
        let plan = try ListenPlan(binds, options: options, inherited: inherited, stored: stored)
        try inherited.refuseUnnamed()
        let set = try open(Array(plan.steps.enumerated()), options: options)
        do throws(BindError) {
            for socket in inherited.all { try socket.prepare() }
        } catch {
            set.closeOwn()
            set.removeSocketFiles()
            throw error
        }
        return set
    }

    /// Opens these parts of a plan: all of them, or nothing and an error.
    static func open(_ steps: [(offset: Int, element: ListenPlan.Step)], options: SocketOptions) throws(BindError) -> ListenerSet {
        var listeners: [Listener] = []
        var files: [Int32: UnixSocketFile] = [:]
        do throws(BindError) {
            for (place, step) in steps {
                let first = listeners.count
                try step.open(options, into: &listeners, files: &files)
                for index in first..<listeners.count { listeners[index].place = place }
            }
        } catch {
            let set = ListenerSet(listeners: listeners, files: files)
            set.closeOwn()
            set.removeSocketFiles()
            throw error
        }
        return ListenerSet(listeners: listeners, files: files)
    }

    /// Another process goes on listening on these sockets: nothing that it needs is ended or removed here.
    func leave() {
        state.withLock { $0.isLeft = true }
    }

    /// Whether nobody will serve those who wait at this socket once this process does not.
    func isLast(_ listener: Listener) -> Bool {
        listener.isOwn && !state.withLock { $0.isLeft }
    }

    /// The files of the Unix sockets that Roost made, by the socket's descriptor.
    var fileNumbers: [Int32: UnixSocketFile.Numbers] {
        state.withLock { $0.files.compactMapValues(\.numbers) }
    }

    /// Closes the sockets that Roost opened: whoever connects now is refused at once, and can try elsewhere.
    /// Connections that wait in their queues are reset, so accept those first.
    /// Inherited sockets stay open: their owner goes on listening, and who waits in their queue is served by the next process.
    func closeOwn() {
        let isFirst = state.withLock { state in
            defer { state.isOwnClosed = true }
            return !state.isOwnClosed
        }
        guard isFirst else { return }
        for listener in listeners where listener.isOwn { _ = Glibc.close(listener.descriptor) }
    }

    /// Closes every socket: at the very end, when nothing polls them any more.
    func close() {
        closeOwn()
        let isFirst = state.withLock { state in
            defer { state.isInheritedClosed = true }
            return !state.isInheritedClosed
        }
        guard isFirst else { return }
        for listener in listeners where !listener.isOwn { _ = Glibc.close(listener.descriptor) }
    }

    /// Removes the files of the Unix sockets that Roost made, each only if its path still leads to the very file that was made.
    ///
    /// - Parameter logger: Is told of those that have to stay: in a directory of root's.
    func removeSocketFiles(logger: Logger? = nil) {
        let (files, isLeft) = state.withLock { state in
            defer { state.files = [:] }
            return (state.files, state.isLeft)
        }
        for file in files.values {
            guard !isLeft else {
                file.close()
                continue
            }
            let code = file.removeAndClose()
            guard code != 0 else { continue }
            logger?.info("the socket file \(file.path) stays: \(BindError.text(code)); nobody listens on it, and the next start replaces it")
        }
    }
}
