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

    @Test("gets each field in one datagram, whatever bytes are in the value")
    func entry() throws {
        let fake = try FakeJournal()
        let own = try #require(JournalField.Name("ROOST_X"))
        let result = fake.journal.send([
            JournalField(.message, "grün\nPRIORITY=0"), JournalField(.priority, "3"), JournalField(own, [0, 255, 61]), JournalField(own, [0, 10, 255]), JournalField(own, ""),
        ])
        #expect(result == .sent)
        let message = Array("grün\nPRIORITY=0".utf8)
        #expect(fake.datagram() == Array("MESSAGE\n".utf8) + [UInt8(message.count), 0, 0, 0, 0, 0, 0, 0] + message + Array("\nPRIORITY=3\nROOST_X=".utf8) + [0, 255, 61]
            + Array("\nROOST_X\n".utf8) + [3, 0, 0, 0, 0, 0, 0, 0] + [0, 10, 255] + Array("\nROOST_X=\n".utf8))
        #expect(fake.datagram() == nil)
    }

    @Test("gets an entry that is larger than a datagram as a sealed file")
    func large() throws {
        let fake = try FakeJournal()
        let text = String(repeating: "0123456789abcdef", count: 1 << 20)
        #expect(fake.journal.send([JournalField(.message, text)]) == .sent)
        let file = try #require(fake.file())
        defer { close(file) }
        var bytes = [UInt8](repeating: 0, count: text.utf8.count + 100)
        let count = pread(file, &bytes, bytes.count, 0)
        #expect(Array(bytes.prefix(max(0, count))) == Array("MESSAGE=\(text)\n".utf8))
        #expect(write(file, "x", 1) == -1 && errno == EPERM)
        #expect(ftruncate(file, 0) == -1 && errno == EPERM)
    }

    @Test("says so where it does not exist, and why where it can't be reached")
    func absent() {
        #expect(Journal(path: "/nowhere/at/all").send([JournalField(.message, "x")]) == .notUnderSystemd)
        #expect(Journal(path: "/dev/null/socket").send([JournalField(.message, "x")]) == .failed(errno: ENOTDIR))
        #expect(Journal(path: "/" + String(repeating: "a", count: 107)).send([JournalField(.message, "x")]) == .failed(errno: ENAMETOOLONG))
    }

    @Test("gets no empty entry")
    func empty() throws {
        let fake = try FakeJournal()
        #expect(fake.journal.send([]) == .failed(errno: EINVAL))
        #expect(fake.datagram() == nil)
    }

    @Test("is found again when it was started anew")
    func restarted() throws {
        let fake = try FakeJournal()
        #expect(fake.journal.send([JournalField(.message, "1")]) == .sent)
        fake.restart()
        #expect(fake.journal.send([JournalField(.message, "2")]) == .sent)
        #expect(fake.datagram() == Array("MESSAGE=2\n".utf8))
    }

    @Test("keeps nobody waiting while it reads nothing, and takes entries again afterwards")
    func blocked() throws {
        let fake = try FakeJournal()
        var sent = 0
        // The kernel keeps some.
        while sent < 10_000, fake.journal.send([JournalField(.message, "x")]) == .sent { sent += 1 }
        #expect(sent > 0 && sent < 10_000)
        #expect(fake.journal.send([JournalField(.message, "x")]) == .failed(errno: EAGAIN))
        #expect(fake.journal.send([JournalField(.message, "x")], patience: .milliseconds(1)) == .failed(errno: EAGAIN))
        for _ in 0..<sent { #expect(fake.datagram() == Array("MESSAGE=x\n".utf8)) }
        #expect(fake.journal.send([JournalField(.message, "y")]) == .sent)
        #expect(fake.datagram() == Array("MESSAGE=y\n".utf8))
    }

    @Test("is the system's unless a test says otherwise, and does nothing here without systemd", .enabled(if: access(Journal.systemSocket, F_OK) != 0))
    func real() {
        #expect(Journal().send([JournalField(.message, "x")]) == .notUnderSystemd)
    }
}

/// Plays the journal's part: a datagram socket at a path of its own.
private final class FakeJournal: @unchecked Sendable {
    private let directory: String
    private var listener: OwnedDescriptor
    let journal: Journal

    private var path: String { directory + "/socket" }

    init() throws {
        var template = Array("/tmp/roost-journal-XXXXXX".utf8CString)
        directory = try #require(mkdtemp(&template).map { String(cString: $0) })
        listener = Self.bound(to: directory + "/socket")
        journal = Journal(path: directory + "/socket")
    }

    deinit {
        unlink(path)
        rmdir(directory)
    }

    private static func bound(to path: String) -> OwnedDescriptor {
        let socket = OwnedDescriptor.socket(AF_UNIX, SOCK_DGRAM)
        bindUnix(socket.number, to: Array(path.utf8))
        return socket
    }

    func restart() {
        unlink(path)
        listener = Self.bound(to: path)
    }

    /// The next datagram; nil if there is none.
    func datagram() -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: 1 << 16)
        let count = recv(listener.number, &bytes, bytes.count, Int32(MSG_DONTWAIT))
        return count < 0 ? nil : Array(bytes.prefix(count))
    }

    /// The descriptor that comes with the next datagram, which is empty.
    func file() -> Int32? {
        var control = [UInt8](repeating: 0, count: 64)
        return control.withUnsafeMutableBytes { control in
            var message = msghdr()
            message.msg_control = control.baseAddress
            message.msg_controllen = control.count
            guard recvmsg(listener.number, &message, Int32(MSG_DONTWAIT)) == 0, message.msg_controllen >= MemoryLayout<cmsghdr>.size + 4 else { return nil }
            // The header of the only message, then the descriptor.
            return control.load(fromByteOffset: MemoryLayout<cmsghdr>.size, as: Int32.self)
        }
    }
}
