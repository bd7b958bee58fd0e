internal import CSystemd
internal import Glibc
internal import Synchronization

/// The listening sockets that systemd passed to this process (socket activation).
///
/// The protocol is that of sd_listen_fds(3): `LISTEN_FDS` says how many descriptors were passed, starting with number 3,
/// `LISTEN_PID` for which process they are meant, `LISTEN_FDNAMES` how the socket units call them (`FileDescriptorName=`).
///
/// The value holds numbers and does not own what they stand for: closing a descriptor is up to whoever serves on it.
public struct ListenDescriptors: Sendable, Hashable {
    /// One listening stream socket that was passed to this process.
    public struct Descriptor: Sendable, Hashable {
        /// The descriptor's number.
        public let number: Int32
        /// The socket unit's `FileDescriptorName=`; systemd gives the unit's own name when none is set,
        /// and libsystemd says `unknown` when no names were passed at all.
        public let name: String

        public init(number: Int32, name: String) {
            self.number = number
            self.name = name
        }
    }

    /// The sockets in the order in which they were passed; empty when none were passed to this process.
    public let descriptors: [Descriptor]

    /// A value made of descriptors that arrived by another way.
    public init(descriptors: [Descriptor]) {
        self.descriptors = descriptors
    }

    /// The sockets that have this name, in the order in which they were passed. Several sockets may share one name.
    public subscript(named name: String) -> [Descriptor] {
        descriptors.filter { $0.name == name }
    }

    /// The names in the order in which they first appear, each once; what an error about an unknown name should list.
    public var names: [String] {
        var seen = Set<String>()
        return descriptors.map(\.name).filter { seen.insert($0).inserted }
    }

    /// Takes the sockets that were passed to this process.
    ///
    /// The first call does the work: it reads the variables, removes them from the environment so that no child takes the
    /// sockets for its own, sets close-on-exec on each socket, and checks that each is a stream socket that listens.
    /// Every later call gives what the first one gave, its error included, so that any part of a program may ask.
    /// The environment is not safe against other threads that change it: make the first call early.
    ///
    /// - Returns: An empty value when no sockets were passed, or when `LISTEN_PID` names another process.
    /// - Throws: When a variable holds junk, when a promised descriptor is not open, or when one is not a stream socket that listens.
    public static func take() throws(ListenDescriptorsError) -> ListenDescriptors {
        let outcome = taken.withLock { kept in
            if let kept { return kept }
            let first = takeFromEnvironment()
            kept = first
            return first
        }
        return try outcome.get()
    }

    /// Looks at the sockets that were passed to this process, and leaves them to the program that is to take its place: the variables stay, and
    /// the sockets stay open over execve(2).
    ///
    /// - Returns: What `take` gives, if that was called before.
    /// - Throws: As `take`.
    public static func look() throws(ListenDescriptorsError) -> ListenDescriptors {
        if let taken = taken.withLock(\.self) { return try taken.get() }
        let found = try fromEnvironment(removing: false).get()
        for descriptor in found.descriptors { _ = fcntl(descriptor.number, F_SETFD, 0) }
        return found
    }

    private static let taken = Mutex<Result<ListenDescriptors, ListenDescriptorsError>?>(nil)

    /// What `take` does the first time; a test may call it again for another environment.
    static func takeFromEnvironment() -> Result<ListenDescriptors, ListenDescriptorsError> { fromEnvironment(removing: true) }

    private static func fromEnvironment(removing: Bool) -> Result<ListenDescriptors, ListenDescriptorsError> {
        // Read before the call, because libsystemd removes the variables even when it refuses them.
        let variables = ListenVariables.current
        var list: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?
        let count = sd_listen_fds_with_names(removing ? 1 : 0, &list)
        defer { freeNames(list) }
        guard count >= 0 else { return .failure(variables.explain(failure: -count)) }

        var descriptors: [Descriptor] = []
        for index in 0..<Int(count) {
            let name = list?[index].map { String(cString: $0) } ?? "unknown"
            let descriptor = Descriptor(number: SD_LISTEN_FDS_START + Int32(index), name: name)
            if let error = refusal(of: descriptor) { return .failure(error) }
            descriptors.append(descriptor)
        }
        return .success(ListenDescriptors(descriptors: descriptors))
    }

    /// Why this descriptor can't be served on; nil when it can.
    static func refusal(of descriptor: Descriptor) -> ListenDescriptorsError? {
        let verdict = sd_is_socket(descriptor.number, AF_UNSPEC, Int32(SOCK_STREAM.rawValue), 1)
        guard verdict <= 0 else { return nil }
        return .notListening(number: descriptor.number, name: descriptor.name, found: DescriptorKind(of: descriptor.number))
    }

    /// libsystemd's list ends with NULL; the list and every string in it were allocated with malloc.
    private static func freeNames(_ list: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?) {
        guard let list else { return }
        var next = list
        while let name = next.pointee {
            free(name)
            next += 1
        }
        free(list)
    }
}
