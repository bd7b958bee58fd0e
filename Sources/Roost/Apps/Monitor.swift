import Glibc

/// A value behind a lock, and a way to sleep until it has changed: pthread's mutex and condition variable.
///
/// Only for threads that may block; an event loop never waits here, it only changes the value.
///
/// `@unchecked Sendable`: `value` is touched only while `mutex` is held; the two pointers are set once and freed with the last reference,
/// which every thread that waits holds.
package final class Monitor<Value: Sendable>: @unchecked Sendable {
    /// Exclusivity is not checked at run time: who holds the mutex has it alone, and cannot take it again.
    @exclusivity(unchecked) private var value: Value
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

    package init(_ value: Value) {
        self.value = value
        // With default attributes neither of these can fail (pthread_mutex_init(3), pthread_cond_init(3)).
        pthread_mutex_init(mutex, nil)
        pthread_cond_init(condition, nil)
    }

    deinit {
        pthread_mutex_destroy(mutex)
        pthread_cond_destroy(condition)
        mutex.deallocate()
        condition.deallocate()
    }

    /// Reads or changes the value.
    package func withLock<Result, Failure: Error>(_ body: (inout Value) throws(Failure) -> Result) throws(Failure) -> Result {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return try body(&value)
    }

    /// Sleeps until `take` returns something; it is asked at once, and again whenever the thread is woken.
    package func wait<Result>(until take: (inout Value) -> Result?) -> Result {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        while true {
            if let result = take(&value) { return result }
            pthread_cond_wait(condition, mutex)
        }
    }

    /// Wakes one thread that waits.
    package func wakeOne() {
        pthread_cond_signal(condition)
    }

    /// Wakes every thread that waits.
    package func wakeAll() {
        pthread_cond_broadcast(condition)
    }
}
