import Glibc

/// A descriptor that is closed when nobody takes it: what is opened on the way to an error is not left open.
struct OpenDescriptor: ~Copyable {
    let number: Int32

    /// Takes charge of an open descriptor; nil for the -1 of a call that failed (errno still says why).
    init?(_ number: Int32) {
        guard number >= 0 else { return nil }
        self.number = number
    }

    /// Hands the descriptor to a new owner, who closes it.
    consuming func take() -> Int32 {
        let number = number
        discard self
        return number
    }

    deinit { _ = Glibc.close(number) }
}
