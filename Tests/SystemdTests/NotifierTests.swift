import Glibc
import Testing

@testable import Systemd

extension EnvironmentTests {
    @Suite("telling the service manager")
    struct NotifierTests {
        let notifier = Notifier()

        @Test("without NOTIFY_SOCKET nothing is sent, and the result says so")
        func notUnderSystemd() {
            withEnvironment(["NOTIFY_SOCKET": nil]) {
                #expect(notifier.send(.ready) == .notUnderSystemd)
                #expect(notifier.barrier(timeout: .seconds(1)) == .notUnderSystemd)
            }
        }

        @Test("a state arrives at a socket in the file system and at an abstract one", arguments: [false, true])
        func arrives(abstract: Bool) {
            let manager = NotifyReceiver(abstract: abstract)
            withEnvironment(["NOTIFY_SOCKET": manager.address]) {
                #expect(notifier.send(.ready) == .sent)
            }
            #expect(manager.next() == "READY=1")
            #expect(manager.next() == nil)
        }

        @Test("every state has the spelling of sd_notify(3)", arguments: [
            (NotifyState.ready, "READY=1"),
            (.stopping, "STOPPING=1"),
            (.watchdog, "WATCHDOG=1"),
            (.status("serving 2 binds, 12 connections"), "STATUS=serving 2 binds, 12 connections"),
            (.mainPID(4711), "MAINPID=4711"),
            (.errno(ENOENT), "ERRNO=2"),
            (.exitStatus(3), "EXIT_STATUS=3"),
            (.extendTimeout(.milliseconds(1500)), "EXTEND_TIMEOUT_USEC=1500000"),
            (.extendTimeout(.seconds(-1)), "EXTEND_TIMEOUT_USEC=0"),
            (.extendTimeout(.seconds(Int64.max)), "EXTEND_TIMEOUT_USEC=18446744073709551615"),
        ])
        func spelling(state: NotifyState, expected: String) {
            let manager = NotifyReceiver(abstract: true)
            withEnvironment(["NOTIFY_SOCKET": manager.address]) {
                #expect(notifier.send(state) == .sent)
            }
            #expect(manager.next() == expected)
        }

        @Test("reloading carries the monotonic clock's time of now")
        func reloading() throws {
            let manager = NotifyReceiver(abstract: true)
            let before = monotonicMicroseconds()
            withEnvironment(["NOTIFY_SOCKET": manager.address]) {
                #expect(notifier.send(.reloading) == .sent)
            }
            let lines = try #require(manager.next()).split(separator: "\n")
            #expect(lines.count == 2)
            #expect(lines[0] == "RELOADING=1")
            let time = try #require(Int64(lines[1].dropFirst("MONOTONIC_USEC=".count)))
            #expect((before...monotonicMicroseconds()).contains(time))
        }

        @Test("several states travel in one datagram, in order")
        func together() {
            let manager = NotifyReceiver(abstract: true)
            withEnvironment(["NOTIFY_SOCKET": manager.address]) {
                #expect(notifier.send(.ready, .status("up"), .mainPID(1)) == .sent)
            }
            #expect(manager.next() == "READY=1\nSTATUS=up\nMAINPID=1")
            #expect(manager.next() == nil)
        }

        @Test("status text can't smuggle another state in", arguments: ["\n", "\r", "\r\n", "\0", "\u{7F}", "\u{1B}"])
        func injection(separator: String) throws {
            let manager = NotifyReceiver(abstract: true)
            withEnvironment(["NOTIFY_SOCKET": manager.address]) {
                #expect(notifier.send(.status("bad\(separator)MAINPID=1"), .ready) == .sent)
            }
            let message = try #require(manager.next())
            let blanks = String(repeating: " ", count: separator.unicodeScalars.count)
            #expect(message == "STATUS=bad\(blanks)MAINPID=1\nREADY=1")
        }

        @Test("status text is cut between characters, never within one")
        func longStatus() throws {
            let manager = NotifyReceiver(abstract: true)
            withEnvironment(["NOTIFY_SOCKET": manager.address]) {
                #expect(notifier.send(.status("x" + String(repeating: "é", count: 5000)), .ready) == .sent)
            }
            let message = try #require(manager.next())
            #expect(message == "STATUS=x" + String(repeating: "é", count: 511) + "\nREADY=1")
        }

        @Test("more than systemd reads of one datagram is refused, not sent")
        func tooLong() {
            let manager = NotifyReceiver(abstract: true)
            let states = Array(repeating: NotifyState.status(String(repeating: "x", count: 1024)), count: 4)
            withEnvironment(["NOTIFY_SOCKET": manager.address]) {
                #expect(notifier.send(states) == .failed(errno: EMSGSIZE))
            }
            #expect(manager.next() == nil)
        }

        @Test("no state at all is refused")
        func nothing() {
            let manager = NotifyReceiver(abstract: true)
            withEnvironment(["NOTIFY_SOCKET": manager.address]) {
                #expect(notifier.send([]) == .failed(errno: EINVAL))
            }
            #expect(manager.next() == nil)
        }

        @Test("junk in NOTIFY_SOCKET is a failure with its error number", arguments: [
            "relative", "@", "/nowhere/at/all", "/" + String(repeating: "x", count: 300),
        ])
        func junk(address: String) {
            withEnvironment(["NOTIFY_SOCKET": address]) {
                guard case .failed(let number) = notifier.send(.ready) else {
                    Issue.record("sent to \(address)")
                    return
                }
                #expect(number > 0)
                guard case .failed = notifier.barrier(timeout: .zero) else {
                    Issue.record("barrier passed at \(address)")
                    return
                }
            }
        }

        @Test("NOTIFY_SOCKET stays unless its removal is asked for")
        func environment() {
            let manager = NotifyReceiver(abstract: true)
            withEnvironment(["NOTIFY_SOCKET": manager.address]) {
                #expect(notifier.send(.ready) == .sent)
                #expect(getenv("NOTIFY_SOCKET") != nil)
                #expect(notifier.send(.stopping, unsettingEnvironment: true) == .sent)
                #expect(getenv("NOTIFY_SOCKET") == nil)
                #expect(notifier.send(.ready) == .notUnderSystemd)
            }
        }

        @Test("a barrier that nobody answers fails when its time is over")
        func barrierTimesOut() {
            let manager = NotifyReceiver(abstract: true)
            withEnvironment(["NOTIFY_SOCKET": manager.address]) {
                #expect(notifier.barrier(timeout: .milliseconds(50)) == .failed(errno: ETIMEDOUT))
            }
            #expect(manager.next() == "BARRIER=1")
        }

        @Test("a barrier ends when the manager has read what was sent before")
        func barrierPasses() {
            let manager = NotifyReceiver(abstract: true)
            withEnvironment(["NOTIFY_SOCKET": manager.address]) {
                #expect(notifier.send(.ready) == .sent)
                // Reading without room for descriptors makes the kernel close the one that the barrier waits for.
                let reader = Reader(descriptor: manager.descriptor.number, datagrams: 2)
                reader.start()
                #expect(notifier.barrier(timeout: .seconds(10)) == .sent)
                reader.join()
            }
        }

        @Test("a descriptor goes to the manager with its name, to be kept whatever becomes of its other end")
        func store() throws {
            let manager = NotifyReceiver(abstract: true)
            let listener = OwnedDescriptor.listeningTCP()
            withEnvironment(["NOTIFY_SOCKET": manager.address]) {
                #expect(notifier.store([listener.number], name: "roost-1-0-0") == .sent)
            }
            let (text, descriptors) = try #require(manager.nextWithDescriptors())
            #expect(text == "FDSTORE=1\nFDPOLL=0\nFDNAME=roost-1-0-0")
            let sent = OwnedDescriptor(try #require(descriptors.first))
            #expect(descriptors.count == 1)
            var (status, own) = (stat(), stat())
            #expect(fstat(sent.number, &status) == 0 && fstat(listener.number, &own) == 0)
            #expect(status.st_ino == own.st_ino)
        }

        @Test("and is given up by that name")
        func removeStored() {
            let manager = NotifyReceiver(abstract: true)
            withEnvironment(["NOTIFY_SOCKET": manager.address]) {
                #expect(notifier.removeStored(name: "roost-1-0-0") == .sent)
            }
            #expect(manager.next() == "FDSTOREREMOVE=1\nFDNAME=roost-1-0-0")
        }

        @Test("without a manager nothing is kept")
        func storeWithoutManager() {
            withEnvironment(["NOTIFY_SOCKET": nil]) {
                #expect(notifier.store([0], name: "roost-1-0-0") == .notUnderSystemd)
                #expect(notifier.removeStored(name: "roost-1-0-0") == .notUnderSystemd)
            }
        }
    }
}

private func monotonicMicroseconds() -> Int64 {
    var now = timespec()
    clock_gettime(CLOCK_MONOTONIC, &now)
    return Int64(now.tv_sec) * 1_000_000 + Int64(now.tv_nsec) / 1000
}

/// A thread that reads some datagrams; `start` and `join` are called by the same thread, once each.
private final class Reader {
    private let descriptor: Int32
    private let datagrams: Int
    private var thread = pthread_t()

    init(descriptor: Int32, datagrams: Int) {
        self.descriptor = descriptor
        self.datagrams = datagrams
    }

    func start() {
        let arguments = Unmanaged.passRetained(self).toOpaque()
        pthread_create(&thread, nil, { arguments in
            guard let arguments else { return nil }
            let reader = Unmanaged<Reader>.fromOpaque(arguments).takeRetainedValue()
            var bytes = [UInt8](repeating: 0, count: 256)
            for _ in 0..<reader.datagrams { recv(reader.descriptor, &bytes, bytes.count, 0) }
            return nil
        }, arguments)
    }

    func join() {
        pthread_join(thread, nil)
    }
}
