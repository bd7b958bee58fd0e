internal import Glibc
internal import Logging
internal import Synchronization
internal import Systemd

/// The service manager, to be told how the service is. If it can't be, that is said once: it may take the service for one that does not start.
final class ServiceManager: Sendable {
    private let deliver: @Sendable ([NotifyState]) -> NotifyResult
    private let logger: Logger?
    private let hasWarned = Atomic<Bool>(false)

    /// - Parameter logger: Where it is said; nil for nowhere.
    init(logger: Logger?, deliver: @escaping @Sendable ([NotifyState]) -> NotifyResult = { Notifier().send($0) }) {
        self.deliver = deliver
        self.logger = logger
    }

    /// Hands over a message.
    @discardableResult
    func send(_ states: [NotifyState]) -> NotifyResult {
        let result = deliver(states)
        if case .failed(let code) = result, !hasWarned.exchange(true, ordering: .relaxed) {
            logger?.warning("the service manager can't be told how the service is, and may think that it does not start: NOTIFY_SOCKET: \(String(cString: strerror(code)))")
        }
        return result
    }
}
