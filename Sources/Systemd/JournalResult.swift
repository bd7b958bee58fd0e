/// What became of an entry for the journal: the three ways it can go.
public enum JournalResult: Sendable, Hashable {
    /// There is no journal here, or none that this process can see: its socket does not exist, and nothing was done.
    case notUnderSystemd
    /// The entry was handed over. Whether the journal kept it is not known; it may be limiting the rate.
    case sent
    /// The entry could not be handed over, for this reason; `EAGAIN` if the journal has no room.
    case failed(errno: Int32)
}
