import Glibc
import Testing

@testable import Roost

@Suite("Handing listening sockets over")
struct ListenerHandoverTests {
    let directory: ScratchDirectory
    var path: String { directory.file("app.sock") }
    var binds: [BindAddress] { [.unix(path: path), .tcp(host: "127.0.0.1", port: 0)] }

    init() throws { directory = try ScratchDirectory() }

    private func open() throws -> ListenerSet { try ListenerSet.open(binds, options: SocketOptions(), activated: nil) }

    /// The same sockets under numbers of their own, as the process would have them that they are handed to.
    private func copied(_ handover: ListenerHandover) -> ListenerHandover {
        ListenerHandover(entries: handover.entries.map {
            var entry = $0
            entry.descriptor = dup($0.descriptor)
            return entry
        })
    }

    @Test("the text says all of it, whatever the names are")
    func text() throws {
        let set = try open()
        defer { end(set) }
        #expect(try ListenerHandover(set.handover.description) == set.handover)
        let odd = ListenerHandover(entries: [
            .init(place: 2, descriptor: 7, isOwn: false, address: BoundAddress(endpoint: Endpoint(host: "/a b,%ä\n", port: nil), name: "web, api")),
            .init(place: 0, descriptor: 3, isOwn: true, address: BoundAddress(endpoint: Endpoint(host: "::1", port: 8000))),
        ])
        #expect(try ListenerHandover(odd.description) == odd)
        #expect(odd.isActivated && !set.handover.isActivated)
    }

    @Test("text that is something else is refused", arguments: ["x", "0,1", "0,-1,0,h,,,,", "0,3,2,h,,,,", "0,3,0,%,,,,", "0,3,0,h,70000,,,", "0,3,1,h,,,1,x", "-1,3,0,h,,,,"])
    func junk(text: String) {
        #expect(throws: BindError.self) { try ListenerHandover(text) }
    }

    @Test("a worker ends nothing: socket and file are another's")
    func worker() throws {
        let set = try open()
        defer { end(set) }
        let worker = try ListenerSet.adopt(copied(set.handover), binds, isOwner: false)
        #expect(worker.listeners.map(\.address) == set.listeners.map(\.address) && worker.listeners.map(\.place) == [0, 1])
        #expect(worker.listeners.allSatisfy { !$0.isOwn && !worker.isLast($0) })
        end(worker)
        #expect(directory.names == ["app.sock"])
        #expect(ScratchSocket.connected(to: .unix(path: path)) != nil)
    }

    @Test("a successor takes the file over, and the one before leaves it")
    func successor() throws {
        let set = try open()
        let successor = try ListenerSet.adopt(copied(set.handover), binds, isOwner: true)
        #expect(set.listeners.allSatisfy(set.isLast))
        set.leave()
        #expect(!set.listeners.contains(where: set.isLast) && successor.listeners.allSatisfy(successor.isLast))
        end(set)
        #expect(directory.names == ["app.sock"])
        #expect(ScratchSocket.connected(to: .unix(path: path)) != nil)
        end(successor)
        #expect(directory.names.isEmpty)
    }

    @Test("a successor leaves a file alone that is not the one it was told of")
    func otherFile() throws {
        let set = try open()
        let handover = copied(set.handover)
        unlink(path)
        close(Glibc.open(path, O_CREAT | O_WRONLY, 0o600))
        let successor = try ListenerSet.adopt(handover, binds, isOwner: true)
        end(set)
        end(successor)
        #expect(directory.names == ["app.sock"])
    }

    @Test("a bind without a socket is an error that names it")
    func missing() throws {
        let set = try open()
        defer { end(set) }
        let error = #expect(throws: BindError.self) {
            try ListenerSet.adopt(set.handover, binds + [.tcp(host: "127.0.0.1", port: 1)], isOwner: true)
        }
        #expect(error?.address == "127.0.0.1:1")
    }

    @Test("a descriptor that does not listen is an error")
    func notListening() throws {
        let entry = ListenerHandover.Entry(place: 0, descriptor: 0, isOwn: true, address: BoundAddress(endpoint: Endpoint(host: path, port: nil)))
        #expect(throws: BindError.self) { try ListenerSet.adopt(ListenerHandover(entries: [entry]), [.unix(path: path)], isOwner: true) }
    }

    private func end(_ set: ListenerSet) {
        set.removeSocketFiles()
        set.close()
    }
}
