import Testing

@testable import Roost

@Suite("The connection table")
struct ConnectionTableTests {
    private func withTransport(_ body: (PolledTransport) -> Void) throws {
        let transport = try PolledTransport(
            runner: ASGIRunner(application: Apps.hello, executor: .eventLoop), config: testConfig(bind: .anyLoopbackPort),
            connectionLimit: 10, status: ServerStatus(loopCount: 1).loops[0]
        )
        body(transport)
    }

    private func insert(into table: inout ConnectionTable, _ transport: PolledTransport) -> ConnectionKey {
        table.insert { key in
            PolledConnection(
                key: key, descriptor: -1, transport: transport, origin: ConnectionOrigin(client: nil, server: Endpoint(host: "/s", port: nil), policy: PeerPolicy(Config()))
            )
        }.key
    }

    @Test("a key finds its connection, and a removed one nothing")
    func insertAndRemove() throws {
        try withTransport { transport in
            var table = ConnectionTable()
            let (one, two) = (insert(into: &table, transport), insert(into: &table, transport))
            #expect(table.count == 2 && table.all.count == 2)
            #expect(table[one]?.key == one && table[two]?.key == two)
            table.remove(one)
            table.remove(one)
            #expect(table.count == 1)
            #expect(table[one] == nil && table[two]?.key == two)
        }
    }

    @Test("a place that is taken again has a key of its own")
    func generations() throws {
        try withTransport { transport in
            var table = ConnectionTable()
            let old = insert(into: &table, transport)
            table.remove(old)
            let new = insert(into: &table, transport)
            #expect(new.slot == old.slot && new != old)
            #expect(table[old] == nil)
            table.remove(old)
            #expect(table[new]?.key == new)
        }
    }

    @Test("a key that was never given finds nothing")
    func unknown() {
        let table = ConnectionTable()
        #expect(table[ConnectionKey(slot: 7, generation: 1)] == nil)
        #expect(table[ConnectionKey(slot: .max, generation: 0)] == nil)
    }

    @Test("a packed key is never a descriptor's number, and unpacks to itself")
    func packing() throws {
        for key in [ConnectionKey(slot: 0, generation: 1), ConnectionKey(slot: .max, generation: .max), ConnectionKey(slot: 5, generation: 9)] {
            #expect(key.packed > UInt64(UInt32.max))
            #expect(ConnectionKey(packed: key.packed) == key)
        }
        try withTransport { transport in
            var table = ConnectionTable()
            #expect(insert(into: &table, transport).generation >= 1)
        }
    }
}
