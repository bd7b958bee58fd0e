extension WorkerMessage {
    /// The message as it is on the wire. Text that is too long is cut off between two characters, numbers out of range are brought into it.
    func encoded() -> [UInt8] {
        []
    }
}
