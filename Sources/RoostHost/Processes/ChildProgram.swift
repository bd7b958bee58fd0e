internal import CLinux
@preconcurrency internal import Glibc
internal import Roost

/// A program to start as a child: what to execute, with this process's own arguments behind those that are given.
struct ChildProgram: Sendable {
    /// Absolute, or a name to look for in `PATH`.
    var path: String
    /// Arguments in front of those of this process, without the program's name.
    var leadingArguments: [String] = []
    /// How many of this process's own are left away, its name among them.
    var skippedArguments = 1
    /// Whether it is called as this process is, whatever its path.
    var keepsName = false

    /// This very program. A file that has taken its place since counts as it.
    static func itself() throws(ChildProgramError) -> ChildProgram {
        guard let path = executable else { throw ChildProgramError(what: "finding this program's path", code: ENOENT) }
        return ChildProgram(path: path, keepsName: true)
    }

    /// Read once, because the link says `(deleted)` when the file has been replaced.
    private static let executable = PythonTree.executable

    /// To be called before anybody could replace the file.
    static func rememberItself() { _ = executable }

    /// A child with a channel to it.
    struct Child {
        let process: Int32
        /// This side's end: nonblocking, closed on exec.
        let channel: Int32
    }

    /// A process that is no child of this one, with a channel to it.
    struct Successor {
        let process: Int32
        /// This side's end: nonblocking, closed on exec.
        let channel: Int32
        /// Its pidfd: whoever waits for its end may give its number to somebody else.
        fileprivate let handle: Int32

        func signal(_ number: Int32) { _ = clinux_kill(handle, number) }

        func close() {
            Glibc.close(channel)
            Glibc.close(handle)
        }
    }

    /// Starts it as a child of this process.
    ///
    /// - Parameters:
    ///   - role: What the child is, given the number of its end of the channel.
    ///   - descriptors: What it has under the same numbers.
    ///   - hidden: Variables that it does not get.
    ///   - blocked: Signals that wait until it takes them.
    func start(
        descriptors: [Int32], hidden: [String], blocked: [Int32], role: (_ channel: Int32) -> ProcessRole
    ) throws(ChildProgramError) -> Child {
        let (process, channel) = try start(descriptors, hidden, parent: getpid(), role) { arguments, variables, inherited throws(ChildProgramError) in
            try spawn(arguments, variables, inherited, blocked)
        }
        return Child(process: process, channel: channel)
    }

    /// Starts it as what takes this process's place: as a child of whoever has started this one, because systemd does not wait for the end of a main
    /// process that was not its own child when it became that.
    func startSuccessor(descriptors: [Int32], hidden: [String], role: (_ channel: Int32) -> ProcessRole) throws(ChildProgramError) -> Successor {
        guard getpid() != 1 else { throw ChildProgramError(what: "replacing process 1, with which all others end", code: EPERM) }
        var handle: Int32 = -1
        let (process, channel) = try start(descriptors, hidden, parent: getppid(), role) { arguments, variables, inherited throws(ChildProgramError) in
            var process: Int32 = 0
            handle = clinux_spawn_sibling(path, arguments, variables, inherited, inherited.count, &process)
            guard handle >= 0 else { throw ChildProgramError(what: "starting \(path)", code: errno) }
            return process
        }
        return Successor(process: process, channel: channel, handle: handle)
    }

    /// What a program is started with: its arguments and variables, and the descriptors that it has.
    private typealias Spawn =
        ([UnsafeMutablePointer<CChar>?], [UnsafeMutablePointer<CChar>?], [Int32]) throws(ChildProgramError) -> Int32

    private func start(
        _ descriptors: [Int32], _ hidden: [String], parent: Int32, _ role: (Int32) -> ProcessRole, _ spawn: Spawn
    ) throws(ChildProgramError) -> (process: Int32, channel: Int32) {
        var ends: [Int32] = [-1, -1]
        guard socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0, &ends) == 0 else {
            throw ChildProgramError(what: "making a channel", code: errno)
        }
        defer { close(ends[1]) }
        _ = fcntl(ends[0], F_SETFL, O_NONBLOCK)

        let role = role(ends[1])
        let handover = ProcessHandover.inherited(for: role)
        let variables = Variables(
            hidden: hidden + [ProcessHandover.variable], added: role.variables(maker: getpid()) + handover.variables(parent: parent))
        let name = keepsName ? CommandLine.unsafeArgv[0].map { strdup($0) } : nil
        var arguments: [UnsafeMutablePointer<CChar>?] = [name ?? strdup(path)] + leadingArguments.map { strdup($0) }
        let owned = arguments.count
        // As they came: not every argument is valid UTF-8.
        arguments += (skippedArguments..<max(skippedArguments, Int(CommandLine.argc))).map { CommandLine.unsafeArgv[$0] }
        arguments.append(nil)
        defer { for argument in arguments.prefix(owned) { free(argument) } }
        do throws(ChildProgramError) {
            let process = try withExtendedLifetime(variables) { () throws(ChildProgramError) in
                try spawn(arguments, variables.pointers, descriptors + handover.descriptors + [ends[1]])
            }
            return (process, ends[0])
        } catch {
            close(ends[0])
            throw error
        }
    }

    private func spawn(
        _ arguments: [UnsafeMutablePointer<CChar>?], _ variables: [UnsafeMutablePointer<CChar>?], _ inherited: [Int32], _ blocked: [Int32]
    ) throws(ChildProgramError) -> Int32 {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        // A descriptor that is duplicated to itself loses its close-on-exec flag (posix_spawn_file_actions_adddup2(3p)).
        for descriptor in inherited { posix_spawn_file_actions_adddup2(&actions, descriptor, descriptor) }

        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var mask = sigset_t()
        sigemptyset(&mask)
        for signal in blocked { sigaddset(&mask, signal) }
        var all = sigset_t()
        sigfillset(&all)
        posix_spawnattr_setsigmask(&attributes, &mask)
        posix_spawnattr_setsigdefault(&attributes, &all)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))

        var process: pid_t = 0
        let code = posix_spawnp(&process, path, &actions, &attributes, arguments, variables)
        guard code == 0 else { throw ChildProgramError(what: "starting \(path)", code: code) }
        return process
    }
}

/// The variables of a child, in the form that the kernel takes.
private final class Variables {
    let pointers: [UnsafeMutablePointer<CChar>?]
    private let owned: [UnsafeMutablePointer<CChar>?]

    init(hidden: [String], added: [(name: String, value: String)]) {
        let taken = (hidden + added.map(\.name)).map { Array("\($0)=".utf8) }
        var kept: [UnsafeMutablePointer<CChar>?] = []
        var next: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = environ
        while let entry = next?.pointee {
            if !taken.contains(where: { strncmp(entry, $0.map(CChar.init(bitPattern:)), $0.count) == 0 }) { kept.append(entry) }
            next = next?.advanced(by: 1)
        }
        owned = added.map { strdup("\($0.name)=\($0.value)") }
        pointers = kept + owned + [nil]
    }

    deinit {
        for pointer in owned { free(pointer) }
    }
}

/// A child could not be started.
struct ChildProgramError: Error, CustomStringConvertible {
    let what: String
    let code: Int32

    var description: String { "\(what): \(String(cString: strerror(code)))" }
}
