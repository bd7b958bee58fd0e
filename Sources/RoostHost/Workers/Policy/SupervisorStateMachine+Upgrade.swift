internal import Logging

/// A new process of the program takes the service over.
extension SupervisorStateMachine {
    mutating func upgrade() {
        switch phase {
        case .idle, .ended: return
        case .booting: return log(.warning, "no upgrade: the service is still starting")
        case .reloading: return log(.warning, "no upgrade: a reload is under way")
        case .stopping: return log(.warning, "no upgrade: the service stops")
        case .serving where isUpgrading: return log(.warning, "no upgrade: one is under way")
        case .serving: break
        }
        isUpgrading = true
        // It has workers to start, and before that itself.
        successorDeadline = policy.startupTimeout.map { now + $0 + Self.slack * 2 }
        manager.notice = "a successor starts"
        actions.append(.startSuccessor)
        log(.info, "upgrading: starting a successor")
    }

    mutating func successorStarted(_ pid: Int32) {
        guard isUpgrading else { return }
        isUpgrading = false
        successorDeadline = nil
        log(.info, "the successor (pid \(pid)) serves; the workers of this process drain")
        actions.append(.successorTookOver(pid: pid))
        beginStop(SupervisorEnd(status: .asked, isHandedOver: true))
    }

    mutating func successorFailed(_ reason: String) {
        guard isUpgrading else { return }
        isUpgrading = false
        successorDeadline = nil
        manager.notice = "upgrade failed: \(reason), the old process goes on"
        log(.error, "upgrade failed: \(reason); the old process goes on")
        reloadIfWanted()
    }

    mutating func abandonSuccessor() {
        guard isUpgrading else { return }
        isUpgrading = false
        successorDeadline = nil
        actions.append(.abandonSuccessor)
    }
}
