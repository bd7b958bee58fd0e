import Synchronization

/// A program that is started has this process's descriptors for a moment, until exec(2) closes them: a socket that is closed meanwhile is still listening.
enum Spawning {
    /// Held while a program is started, and by tests whose sockets must be gone once they are closed.
    static let lock = Mutex(())
}
