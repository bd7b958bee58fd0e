/// A transport's connections, each in a slot of its own; a key of a connection that is gone finds nothing.
struct ConnectionTable {
    private struct Slot {
        var generation: UInt32
        var connection: PolledConnection?
    }

    private var slots: [Slot] = []
    private var free: [UInt32] = []
    private(set) var count = 0

    /// Takes a slot for a connection that `make` makes; its key never equals that of an earlier one.
    mutating func insert(_ make: (ConnectionKey) -> PolledConnection) -> PolledConnection {
        let slot: UInt32
        if let last = free.popLast() {
            slot = last
        } else {
            slot = UInt32(slots.count)
            slots.append(Slot(generation: 0, connection: nil))
        }
        // Generations begin at 1, so that a packed key is never the number of a descriptor.
        slots[Int(slot)].generation = max(1, slots[Int(slot)].generation &+ 1)
        let connection = make(ConnectionKey(slot: slot, generation: slots[Int(slot)].generation))
        slots[Int(slot)].connection = connection
        count += 1
        return connection
    }

    subscript(key: ConnectionKey) -> PolledConnection? {
        guard Int(key.slot) < slots.count, slots[Int(key.slot)].generation == key.generation else { return nil }
        return slots[Int(key.slot)].connection
    }

    /// The same, for who sees to it that the connection stays while it is used: to retain it would cost more than to find it.
    func unretained(_ key: ConnectionKey) -> Unmanaged<PolledConnection>? {
        guard Int(key.slot) < slots.count, slots[Int(key.slot)].generation == key.generation else { return nil }
        return slots[Int(key.slot)].connection.map(Unmanaged.passUnretained)
    }

    mutating func remove(_ key: ConnectionKey) {
        guard self[key] != nil else { return }
        slots[Int(key.slot)].connection = nil
        free.append(key.slot)
        count -= 1
    }

    /// All connections that are there now.
    var all: [PolledConnection] { slots.compactMap(\.connection) }
}
