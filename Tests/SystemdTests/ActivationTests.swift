import Glibc
import Testing

@testable import Systemd

/// Each test runs in a process of its own whose descriptors 3, 4, … are what systemd would have passed.
@Suite("a process that was started with sockets")
struct ActivationTests {
    @Test("takes them under their names, close-on-exec, and hides the variables from children")
    func takes() async {
        await #expect(processExitsWith: .success) {
            let (tcp, unix) = (OwnedDescriptor.listeningTCP(), OwnedDescriptor.listeningUnix())
            Activated.become(with: [tcp, unix], names: "web:admin")

            let taken = try ListenDescriptors.take()
            try expect(taken.descriptors == [.init(number: 3, name: "web"), .init(number: 4, name: "admin")], "\(taken)")
            for number: Int32 in [3, 4] {
                try expect(fcntl(number, F_GETFD) & FD_CLOEXEC != 0, "\(number) is inherited by children")
            }
            for name in ["LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"] {
                try expect(getenv(name) == nil, "\(name) is left for children to see")
            }
        }
    }

    @Test("may look at them and leave them, open, to the program that takes its place")
    func looks() async {
        await #expect(processExitsWith: .success) {
            let (tcp, unix) = (OwnedDescriptor.listeningTCP(), OwnedDescriptor.listeningUnix())
            Activated.become(with: [tcp, unix], names: "web:admin")

            let found = try ListenDescriptors.look()
            try expect(found.descriptors == [.init(number: 3, name: "web"), .init(number: 4, name: "admin")], "\(found)")
            for number: Int32 in [3, 4] {
                try expect(fcntl(number, F_GETFD) == 0, "\(number) is closed on exec")
            }
            for name in ["LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"] {
                try expect(getenv(name) != nil, "\(name) is gone")
            }
            let taken = try ListenDescriptors.take()
            let again = try ListenDescriptors.look()
            try expect(taken == found && again == found, "\(taken), \(again)")
        }
    }

    @Test("gets the same value again when it asks again")
    func again() async {
        await #expect(processExitsWith: .success) {
            let socket = OwnedDescriptor.listeningUnix()
            Activated.become(with: [socket], names: "web")

            let first = try ListenDescriptors.take()
            let second = try ListenDescriptors.take()
            try expect(first == second && first.descriptors.count == 1, "\(first), \(second)")
        }
    }

    @Test("gets the same error again when it asks again")
    func errorAgain() async {
        await #expect(processExitsWith: .success) {
            Activated.become(with: [], names: nil)
            setenv("LISTEN_FDS", "abc", 1)
            for _ in 0..<2 {
                let outcome = Result { () throws(ListenDescriptorsError) in try ListenDescriptors.take() }
                guard case .failure(.junk(variable: "LISTEN_FDS", value: "abc", expected: _)) = outcome else {
                    throw ExpectationFailed(description: "\(outcome)")
                }
            }
        }
    }

    @Test("calls sockets without names unknown, as libsystemd does")
    func unnamed() async {
        await #expect(processExitsWith: .success) {
            let socket = OwnedDescriptor.listeningUnix()
            Activated.become(with: [socket], names: nil)
            let taken = try ListenDescriptors.take()
            try expect(taken.descriptors == [.init(number: 3, name: "unknown")], "\(taken)")
        }
    }

    @Test("refuses more or fewer names than sockets, naming LISTEN_FDNAMES")
    func nameCount() async {
        await #expect(processExitsWith: .success) {
            let socket = OwnedDescriptor.listeningUnix()
            Activated.become(with: [socket], names: "web:admin")
            let outcome = ListenDescriptors.takeFromEnvironment()
            let expected = "1 names separated by colons, as LISTEN_FDS says"
            try expect(outcome == .failure(.junk(variable: "LISTEN_FDNAMES", value: "web:admin", expected: expected)), "\(outcome)")
        }
    }

    @Test("refuses a datagram socket by number and name")
    func datagram() async {
        await #expect(processExitsWith: .success) {
            let (tcp, datagram) = (OwnedDescriptor.listeningTCP(), OwnedDescriptor.socket(AF_UNIX, SOCK_DGRAM))
            Activated.become(with: [tcp, datagram], names: "web:log")
            let outcome = ListenDescriptors.takeFromEnvironment()
            try expect(outcome == .failure(.notListening(number: 4, name: "log", found: .datagram)), "\(outcome)")
        }
    }
}
