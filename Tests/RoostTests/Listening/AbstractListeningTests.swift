import Glibc
import Testing

@testable import Roost

@Suite("Listening on an abstract Unix socket")
struct AbstractListeningTests {
    private static func name() -> String { "roost-listening-\(getpid())-\(UInt64.random(in: 0 ... .max))" }

    @Test("clients reach it")
    func plain() throws {
        let name = Self.name()
        let scratch = try ScratchListeners(.abstract(name: name))
        #expect(scratch.listeners[0].address.description == "http://unix:@\(name)")
        #expect(scratch.listeners[0].isUnix)
        #expect(SocketAddress(localOf: scratch.listeners[0].descriptor) == .abstract(name: name))
        #expect(ScratchSocket.connected(to: .abstract(name: name)) != nil)
    }

    @Test("the longest name works")
    func longest() throws {
        let name = String(repeating: "x", count: 80) + String(Self.name().suffix(27))
        let scratch = try ScratchListeners(.abstract(name: name))
        #expect(name.utf8.count == 107 && ScratchSocket.connected(to: .abstract(name: name)) != nil && scratch.listeners.count == 1)
    }

    @Test("a name in use is refused with its holder")
    func inUse() throws {
        let name = Self.name()
        let first = try ScratchListeners(.abstract(name: name))
        let error = try #require(bindError(.abstract(name: name)))
        #expect(error.code == EADDRINUSE && error.holder == getpid() && first.listeners.count == 1)
        #expect(error.reason == "this process is listening on it")
    }

    @Test("the name is free again at the end")
    func free() throws {
        let name = Self.name()
        do { _ = try ScratchListeners(.abstract(name: name)) }
        #expect(ScratchSocket.connected(to: .abstract(name: name)) == nil)
    }
}
