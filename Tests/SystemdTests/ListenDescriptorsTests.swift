import Glibc
import Testing

@testable import Systemd

extension EnvironmentTests {
    @Suite("taking the sockets that systemd passed")
    struct ListenDescriptorsTests {
        private func take(pid: String?, fds: String?, names: String? = nil) -> Result<ListenDescriptors, ListenDescriptorsError> {
            withEnvironment(["LISTEN_PID": pid, "LISTEN_FDS": fds, "LISTEN_FDNAMES": names]) {
                let outcome = ListenDescriptors.takeFromEnvironment()
                for name in ["LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"] {
                    #expect(getenv(name) == nil, "\(name) is left for children to see")
                }
                return outcome
            }
        }

        private let own = String(getpid())

        @Test("without the variables there are none")
        func none() {
            #expect(take(pid: nil, fds: nil) == .success(ListenDescriptors(descriptors: [])))
            #expect(take(pid: own, fds: nil) == .success(ListenDescriptors(descriptors: [])))
            #expect(take(pid: nil, fds: "2") == .success(ListenDescriptors(descriptors: [])))
        }

        @Test("another process's sockets are not ours")
        func otherProcess() {
            #expect(take(pid: "1", fds: "2") == .success(ListenDescriptors(descriptors: [])))
        }

        @Test("junk in LISTEN_FDS is an error that names it", arguments: [
            "abc", "", "-1", "0", "99999999999999999999", "2147483647", "1x", "1 2", "é",
        ])
        func junkCount(value: String) {
            let error = ListenDescriptorsError.junk(variable: "LISTEN_FDS", value: value, expected: "a number of descriptors, at least 1")
            #expect(take(pid: own, fds: value) == .failure(error))
            #expect(error.description.contains("LISTEN_FDS=\"\(value)\""))
        }

        @Test("junk in LISTEN_PID is an error that names it", arguments: ["abc", "", "-1", "0", "99999999999999999999", "1.5"])
        func junkProcess(value: String) {
            #expect(take(pid: value, fds: "1") == .failure(.junk(variable: "LISTEN_PID", value: value, expected: "a process id")))
        }

        @Test("a descriptor that is promised but not open is named")
        func notOpen() throws {
            // Far more than any process has open: the first gap is reported.
            let outcome = take(pid: own, fds: "2000000000")
            guard case .failure(.notOpen(let number, "2000000000")) = outcome else {
                Issue.record("\(outcome)")
                return
            }
            #expect(number >= 3)
            #expect(fcntl(number, F_GETFD) == -1)
        }

        @Test("an error's value is quoted, so that it stays one line")
        func quoted() {
            let error = ListenDescriptorsError.junk(variable: "LISTEN_FDS", value: "1\n2", expected: "a number")
            #expect(!error.description.contains("\n"))
        }

        @Test("names select, may be shared, and are listed once each")
        func names() {
            let descriptors = ListenDescriptors(descriptors: [
                .init(number: 3, name: "web"), .init(number: 4, name: "admin"), .init(number: 5, name: "web"),
            ])
            #expect(descriptors[named: "web"].map(\.number) == [3, 5])
            #expect(descriptors[named: "other"] == [])
            #expect(descriptors.names == ["web", "admin"])
        }
    }
}
