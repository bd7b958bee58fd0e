internal import CLinux

extension Termination {
    /// What waitpid(2) has given.
    init(status: Int32) {
        let signal = status & 0x7F
        if signal == 0 {
            self = .code((status >> 8) & 0xFF)
        } else {
            self = .signal(signal, name: clinux_signal_name(signal).map { "SIG" + String(cString: $0) } ?? "signal \(signal)")
        }
    }
}
