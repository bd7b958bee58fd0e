import CLinux
import Glibc
import Synchronization

/// Turns signals into a readable descriptor until it is stopped, and then puts the earlier dispositions back.
///
/// Several watches of one signal may exist; the disposition from before the first is put back after the last.
package final class SignalWatch: Sendable {
    private struct Registration {
        var watchers: Int
        var previous: sigaction
    }

    private static let registrations = Mutex<[Int32: Registration]>([:])

    /// An eventfd(2) that is readable once a signal has come; its value is their count.
    package let descriptor: Int32
    private let signals: [Int32]

    package init(_ signals: [Int32]) throws(SystemError) {
        descriptor = eventfd(0, Int32(EFD_NONBLOCK | EFD_CLOEXEC))
        guard descriptor >= 0 else { throw SystemError("eventfd") }
        var watched: [Int32] = []
        // Named twice, a signal would count twice.
        for signal in Set(signals) {
            guard Self.add(signal, descriptor) else {
                let error = SystemError("sigaction")
                for signal in watched { Self.remove(signal, descriptor) }
                close(descriptor)
                throw error
            }
            watched.append(signal)
        }
        self.signals = watched
    }

    /// How many signals have come since the last call.
    package func take() -> Int {
        var count: eventfd_t = 0
        return eventfd_read(descriptor, &count) == 0 ? Int(clamping: count) : 0
    }

    /// Makes it readable as a signal does.
    package func wake() { eventfd_write(descriptor, 1) }

    /// Puts the earlier dispositions back; called once, when nobody watches `descriptor` any more.
    package func stop() {
        for signal in signals { Self.remove(signal, descriptor) }
        close(descriptor)
    }

    private static func add(_ signal: Int32, _ descriptor: Int32) -> Bool {
        registrations.withLock { registrations in
            guard clinux_signal_add_watcher(signal, descriptor) == 0 else {
                errno = EAGAIN
                return false
            }
            if registrations[signal] != nil {
                registrations[signal]?.watchers += 1
                return true
            }
            var previous = sigaction()
            guard clinux_signal_install(signal, &previous) == 0 else {
                clinux_signal_remove_watcher(signal, descriptor)
                return false
            }
            registrations[signal] = Registration(watchers: 1, previous: previous)
            return true
        }
    }

    private static func remove(_ signal: Int32, _ descriptor: Int32) {
        registrations.withLock { registrations in
            clinux_signal_remove_watcher(signal, descriptor)
            guard var registration = registrations[signal] else { return }
            registration.watchers -= 1
            if registration.watchers == 0 {
                clinux_signal_restore(signal, &registration.previous)
                registrations[signal] = nil
            } else {
                registrations[signal] = registration
            }
        }
    }
}
