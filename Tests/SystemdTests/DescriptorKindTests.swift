import Glibc
import Testing

@testable import Systemd

@Suite("what a passed descriptor is")
struct DescriptorKindTests {
    private func refusal(of number: Int32) -> ListenDescriptorsError? {
        ListenDescriptors.refusal(of: ListenDescriptors.Descriptor(number: number, name: "web"))
    }

    private func expect(_ descriptor: OwnedDescriptor, isRefusedAs kind: DescriptorKind) {
        let refused = ListenDescriptorsError.notListening(number: descriptor.number, name: "web", found: kind)
        #expect(withExtendedLifetime(descriptor) { refusal(of: descriptor.number) } == refused)
    }

    @Test("listening stream sockets are taken, over TCP and Unix")
    func listening() {
        for socket in [OwnedDescriptor.listeningTCP(), .listeningUnix()] {
            withExtendedLifetime(socket) {
                #expect(refusal(of: socket.number) == nil)
                #expect(DescriptorKind(of: socket.number) == .listeningStream)
            }
        }
    }

    @Test("a stream socket that doesn't listen is refused by number, name and kind")
    func idle() {
        expect(.socket(AF_INET, SOCK_STREAM), isRefusedAs: .idleStream)
    }

    @Test("a connected socket is refused, and the way out is Accept=no")
    func connected() {
        var pair: [Int32] = [-1, -1]
        #expect(socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &pair) == 0)
        let ends = pair.map(OwnedDescriptor.init)
        for end in ends { expect(end, isRefusedAs: .connectedStream) }
        let error = ListenDescriptorsError.notListening(number: 7, name: "web", found: .connectedStream)
        #expect(error.description == "socket activation: descriptor 7 (web) is a connected stream socket, "
            + "expected a stream socket that listens; set Accept=no in the socket unit")
    }

    @Test("datagram, sequenced-packet and raw sockets are refused for what they are")
    func otherSockets() {
        expect(.socket(AF_UNIX, SOCK_DGRAM), isRefusedAs: .datagram)
        expect(.listeningUnix(SOCK_SEQPACKET), isRefusedAs: .sequentialPacket)
        expect(.socket(AF_NETLINK, SOCK_RAW), isRefusedAs: .otherSocket(type: Int32(SOCK_RAW.rawValue)))
    }

    @Test("what is no socket is refused for what it is")
    func noSockets() {
        var ends: [Int32] = [-1, -1]
        #expect(pipe(&ends) == 0)
        let pipes = ends.map(OwnedDescriptor.init)
        for end in pipes { expect(end, isRefusedAs: .fifo) }
        expect(OwnedDescriptor(open("/dev/null", O_RDONLY)), isRefusedAs: .characterDevice)
        expect(OwnedDescriptor(open("/proc/self/exe", O_RDONLY)), isRefusedAs: .regularFile)
        expect(OwnedDescriptor(open("/", O_RDONLY | O_DIRECTORY)), isRefusedAs: .directory)
    }

    @Test("a number that is not open is refused, also one that can't be open", arguments: [Int32(1_000_000), -1, .max, .min])
    func closed(number: Int32) {
        #expect(refusal(of: number) == .notListening(number: number, name: "web", found: .closed))
    }
}
