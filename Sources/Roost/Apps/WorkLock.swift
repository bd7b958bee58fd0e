/// What a thread must hold while it runs an application, and lets go of while it waits: an interpreter's lock.
package protocol WorkLock: Sendable {
    /// Runs `body` with the lock held: the whole life of a thread that has been started for applications.
    func held(_ body: () -> Void)
    /// Runs `body`, which waits for something, without the lock. The caller holds it, and has it again afterwards.
    func released(_ body: () -> Void)
}
