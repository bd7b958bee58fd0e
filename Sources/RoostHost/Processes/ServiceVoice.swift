internal import Logging
internal import Roost
internal import Systemd

/// Tells whoever started a supervisor how the service is: the service manager, or the predecessor until that has made this
/// process the service.
struct ServiceVoice {
    private let parent: ParentChannel?
    private let manager: ServiceManager
    /// Whether the service manager hears what is said here.
    private(set) var isService: Bool
    /// The service manager hears another process from here on, and this one no more.
    private var isOver = false
    private var addresses: [String] = []
    private var status = ""
    /// What is wrong, which is said in place of the status.
    private var alarm: String?

    init(parent: ParentChannel?, logger: Logger) {
        self.parent = parent
        manager = ServiceManager(logger: logger)
        isService = parent == nil
    }

    /// To listen to; nil if nobody is there to be heard.
    var descriptor: Int32? { isService ? nil : parent?.descriptor }

    mutating func ready(_ addresses: [String]) {
        self.addresses = addresses
        if isService { notify([.ready]) } else { parent?.send(.started(addresses: addresses)) }
    }

    /// STATUS=, which a successor keeps to itself until it is the service.
    mutating func status(_ text: String) {
        status = text
        if alarm == nil { notify([.status(text)]) }
    }

    /// Says in place of the status what is wrong; nil when it is over.
    mutating func alarm(_ text: String?) {
        guard text != alarm else { return }
        alarm = text
        notify([.status(text ?? status)])
    }

    func notify(_ states: [NotifyState]) {
        guard isService, !isOver else { return }
        manager.send(states)
    }

    /// Says that this process is the service from here on; the one that says it is not heard any more.
    mutating func handOver(to process: Int32) {
        notify([.mainPID(process), .ready])
        isOver = true
    }

    /// Takes the predecessor's word; false if it is gone without one.
    mutating func hear() -> Bool {
        guard let parent, !isService else { return true }
        guard parent.next() == .promoted else { return false }
        isService = true
        notify([.ready, .status(alarm ?? status)])
        return true
    }

    /// Waits until the process that this one has followed has finished its requests: with the main process ends the service.
    func waitForPredecessor() {
        if isService { parent?.waitForEnd() }
    }

    /// - Returns: Whether the predecessor tells the operator why this process ends.
    func end(_ end: SupervisorEnd) -> Bool {
        guard let reason = end.reason else {
            notify([.status("stopped")])
            return false
        }
        if let parent, !isService { return parent.send(.failed(status: end.status.rawValue, errno: end.errno, reason: reason)) }
        let text = addresses.isEmpty ? "startup failed: \(reason)" : "failed: \(reason)"
        notify((end.errno.map { [.errno($0)] } ?? []) + [.exitStatus(end.status.rawValue), .status(text)])
        return false
    }
}
