import Glibc
import Systemd
import Testing

@testable import Roost

@Suite("Sockets that were kept over a restart")
struct StoredListenerTests {
    let directory: ScratchDirectory
    var path: String { directory.file("app.sock") }
    var unix: BindAddress { .unix(path: path) }
    let tcp = BindAddress.tcp(host: "127.0.0.1", port: 0)

    init() throws { directory = try ScratchDirectory() }

    private func open(_ binds: [BindAddress], stored: [StoredListener] = []) throws -> ListenerSet {
        try ListenerSet.open(binds, options: SocketOptions(), activated: nil, stored: stored)
    }

    /// The set's sockets as the manager would pass them on: other descriptors, with the names they were stored under.
    private func kept(_ set: ListenerSet) throws -> [StoredListener] {
        let files = set.fileNumbers
        return try set.listeners.map {
            let name = StoredListener.name($0.bind, file: files[$0.descriptor])
            return try #require(StoredListener(.init(number: dup($0.descriptor), name: name)))
        }
    }

    private func inode(_ path: String) -> ino_t {
        var status = stat()
        return stat(path, &status) == 0 ? status.st_ino : 0
    }

    private func end(_ set: ListenerSet) {
        set.removeSocketFiles()
        set.close()
    }

    @Test("are listened on again, and nothing is opened beside them")
    func again() throws {
        let binds = [unix, tcp]
        let before = try open(binds)
        let stored = try kept(before)
        let (addresses, inode) = (before.listeners.map(\.address), inode(path))
        before.leave()
        end(before)

        let after = try open(binds, stored: stored)
        #expect(after.listeners.map(\.descriptor) == stored.map(\.descriptor))
        #expect(after.listeners.allSatisfy { fcntl($0.descriptor, F_GETFD) == FD_CLOEXEC })
        #expect(after.listeners.map(\.address) == addresses)
        #expect(after.listeners.allSatisfy { $0.isOwn } && after.listeners.map(\.place) == [0, 1])
        #expect(self.inode(path) == inode)
        #expect(ScratchSocket.connected(to: .unix(path: path)) != nil)
        end(after)
        #expect(directory.names.isEmpty)
    }

    @Test("are not if their file is another one by now; that stays")
    func otherFile() throws {
        let before = try open([unix])
        let stored = try kept(before)
        before.leave()
        end(before)
        unlink(path)
        close(Glibc.open(path, O_CREAT | O_WRONLY, 0o600))
        #expect(stored[0].listener(for: unix) == nil)
        close(stored[0].descriptor)
    }

    @Test("are not for an address that is not theirs")
    func otherAddress() throws {
        let before = try open([unix, tcp])
        defer { end(before) }
        let stored = try kept(before)
        defer { for one in stored { close(one.descriptor) } }
        #expect(stored[0].listener(for: .unix(path: path + "2")) == nil)
        #expect(stored[0].listener(for: tcp) == nil)
        #expect(stored[1].listener(for: unix) == nil)
        #expect(stored[1].listener(for: .tcp(host: "127.0.0.1", port: 1)) == nil)
        #expect(stored[1].listener(for: .systemd(name: nil)) == nil)
        #expect(stored[1].listener(for: tcp)?.listener.descriptor == stored[1].descriptor)
        #expect(fcntl(stored[1].descriptor, F_GETFD) == 0, "who only looks leaves it to the program that comes after")
    }

    @Test("are told from those of socket units by their names, which the manager takes")
    func names() throws {
        let set = try open([unix, tcp])
        defer { end(set) }
        let files = set.fileNumbers
        let names = set.listeners.map { StoredListener.name($0.bind, file: files[$0.descriptor]) }
        #expect(Set(names).count == 2)
        for name in names {
            #expect(name.utf8.count <= 255 && name.utf8.allSatisfy { (0x21...0x7E).contains($0) && $0 != UInt8(ascii: ":") })
        }
        let passed = ListenDescriptors(descriptors: [.init(number: 3, name: "web"), .init(number: 4, name: names[0]), .init(number: 5, name: "roost")])
        #expect(passed.stored.map(\.descriptor) == [4])
        #expect(passed.activated.descriptors.map(\.number) == [3, 5])
    }
}
