import Roost
import Testing

@testable import RoostHost

@Suite("What a process is to the one that has started it")
struct ProcessRoleTests {
    private let listeners = "0,7,1,/run/a%20b.sock,,,5,6 1,8,0,127.0.0.1,8000,web,,"

    private func role(_ text: String, listeners: String? = nil, admin: String? = nil, maker: Int32? = 41) throws -> ProcessRole {
        try ProcessRole(role: text, listeners: listeners ?? self.listeners, admin: admin) { $0 == 9 ? maker : nil }
    }

    @Test("the variables say it, and are read as what they were made from")
    func roundTrip() throws {
        let handover = try ListenerHandover(listeners)
        let admin = try ListenerHandover("0,9,1,/run/admin.sock,,,5,7")
        for one in [ProcessRole.worker(number: 3, channel: 9, handover), .successor(channel: 9, handover), .successor(channel: 9, handover, admin: admin)] {
            let variables = one.variables(maker: 41)
            #expect(variables.map(\.name).prefix(2) == [ProcessRole.roleVariable, ProcessRole.listenersVariable])
            #expect(try role(variables[0].value, listeners: variables[1].value, admin: variables.dropFirst(2).first?.value) == one)
        }
        #expect(ProcessRole.service.variables(maker: 41).isEmpty)
    }

    @Test("the words are those that another process of this version understands")
    func words() throws {
        let handover = try ListenerHandover(listeners)
        #expect(ProcessRole.worker(number: 3, channel: 9, handover).variables(maker: 41)[0].value == "2 41 worker 3 9")
        #expect(ProcessRole.successor(channel: 9, handover).variables(maker: 41)[0].value == "2 41 successor 9")
    }

    @Test("who has not the channel that the parent made is none of its children", arguments: [nil, 42] as [Int32?])
    func otherMaker(_ maker: Int32?) throws {
        #expect(try role("2 41 worker 3 9", maker: maker) == .service)
        #expect(try role("2 41 successor 9", maker: maker) == .service)
        // Nor does it matter to it what that one's version is.
        #expect(try role("3 41 something else 9", maker: maker) == .service)
    }

    @Test("a parent of another version, or words that make no sense, are an error", arguments: [
        "1 41 worker 3 9", "2 41 worker 9", "2 41 worker 0 9", "2 41 worker x 9", "2 41 successor 3 9", "2 41 supervisor 9", "2 41 9", "1", "", "x 41 worker 3 9",
        "2 x worker 3 9", "2 41 worker 3 x",
    ])
    func nonsense(_ text: String) {
        #expect(throws: ProcessRoleError.self) { try role(text) }
    }

    @Test("sockets that cannot be read are an error")
    func listenersOfAnotherVersion() {
        #expect(throws: ProcessRoleError.self) { try role("2 41 worker 3 9", listeners: "0,7") }
    }
}
