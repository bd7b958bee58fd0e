import CLinux
import Glibc

/// A thread of the operating system's that nobody waits for.
package enum DetachedThread {
    private final class Body {
        let name: String
        let run: @Sendable () -> Void

        init(_ name: String, _ run: @escaping @Sendable () -> Void) {
            self.name = name
            self.run = run
        }
    }

    /// Runs `body` on a thread of its own.
    ///
    /// - Parameter name: what ps(1) and debuggers show; at most 15 bytes.
    /// - Throws: `SystemError` if the kernel grants no thread.
    package static func start(named name: String, _ body: @escaping @Sendable () -> Void) throws(SystemError) {
        // The thread takes over the reference that is retained here.
        let unmanaged = Unmanaged.passRetained(Body(name, body))
        var thread = pthread_t()
        let result = pthread_create(
            &thread, nil,
            { argument in
                guard let argument else { return nil }
                let body = Unmanaged<Body>.fromOpaque(argument).takeRetainedValue()
                clinux_name_thread(body.name)
                body.run()
                return nil
            },
            unmanaged.toOpaque()
        )
        guard result == 0 else {
            unmanaged.release()
            errno = result
            throw SystemError("pthread_create")
        }
        pthread_detach(thread)
    }
}
