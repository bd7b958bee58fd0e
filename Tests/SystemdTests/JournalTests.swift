import Glibc
import Synchronization
import Testing

@testable import Systemd

@Suite("the native journal")
struct JournalTests {
    @Test("takes the names that the journal keeps", arguments: ["MESSAGE", "A", "ROOST_REQUEST_ID", "X9_", String(repeating: "A", count: 64)])
    func names(_ text: String) {
        #expect(JournalField.Name(text)?.text == text)
    }

    @Test("refuses the names that the journal would drop", arguments: [
        "", "_PID", "__CURSOR", "9A", "message", "A-B", "A B", "A=B", "A\n", "Ä", "A\0", String(repeating: "A", count: 65),
    ])
    func badNames(_ text: String) {
        #expect(JournalField.Name(text) == nil)
    }

    @Test("has known names that are names", arguments: [
        JournalField.Name.message, .priority, .syslogIdentifier, .codeFile, .codeLine, .codeFunction, .logger,
    ])
    func knownNames(_ name: JournalField.Name) {
        #expect(JournalField.Name(name.text) == name)
        #expect("\(name)" == name.text)
    }

    @Test("gets each field as one piece, whatever bytes are in the value")
    func pieces() throws {
        let fake = FakeJournal(returns: 0)
        let own = try #require(JournalField.Name("ROOST_X"))
        let result = fake.journal().send([
            JournalField(.message, "grün\nPRIORITY=0"), JournalField(.priority, "3"), JournalField(own, [0, 10, 255]), JournalField(own, ""),
        ])
        #expect(result == .sent)
        #expect(fake.entries == [[
            Array("MESSAGE=grün\nPRIORITY=0".utf8), Array("PRIORITY=3".utf8), Array("ROOST_X=".utf8) + [0, 10, 255], Array("ROOST_X=".utf8),
        ]])
    }

    @Test("says so where it does not exist, and sends nothing", arguments: ["/nowhere/at/all", "/dev/shm/roost-no-such-socket"])
    func absent(_ socket: String) {
        let fake = FakeJournal(returns: 0)
        #expect(fake.journal(socket: socket).send([JournalField(.message, "x")]) == .notUnderSystemd)
        #expect(fake.entries == [])
    }

    @Test("is asked even where its socket can't be looked at, so that the reason comes back")
    func unseen() {
        let fake = FakeJournal(returns: -ENOTDIR)
        #expect(fake.journal(socket: "/dev/null/socket").send([JournalField(.message, "x")]) == .failed(errno: ENOTDIR))
        #expect(fake.entries.count == 1)
    }

    @Test("gives a failure its error number", arguments: [ECONNREFUSED, EACCES, EPERM])
    func failure(_ number: Int32) {
        #expect(FakeJournal(returns: 0 - number).journal().send([JournalField(.message, "x")]) == .failed(errno: number))
    }

    @Test("gets neither an empty entry nor more fields than one message carries")
    func counts() {
        let fake = FakeJournal(returns: 0)
        let field = JournalField(.message, "x")
        #expect(fake.journal().send([]) == .failed(errno: EINVAL))
        #expect(fake.journal().send(Array(repeating: field, count: 201)) == .failed(errno: E2BIG))
        #expect(fake.entries == [])
        #expect(fake.journal().send(Array(repeating: field, count: 200)) == .sent)
    }

    @Test("is libsystemd's own unless a test says otherwise, and does nothing here without systemd", .enabled(if: access(Journal.systemSocket, F_OK) != 0))
    func real() {
        #expect(Journal().send([JournalField(.message, "x")]) == .notUnderSystemd)
    }
}

/// Plays libsystemd's part and keeps what it was given.
private final class FakeJournal: Sendable {
    private let seen = Mutex<[[[UInt8]]]>([])
    private let outcome: Int32

    init(returns outcome: Int32) {
        self.outcome = outcome
    }

    var entries: [[[UInt8]]] { seen.withLock { $0 } }

    func journal(socket: String = "/") -> Journal {
        Journal(socket: socket) { [self] pieces in
            let entry = pieces.map { Array(UnsafeRawBufferPointer(start: $0.iov_base, count: $0.iov_len)) }
            seen.withLock { $0.append(entry) }
            return outcome
        }
    }
}
