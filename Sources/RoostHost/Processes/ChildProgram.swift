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

    /// This very program. A file that has taken its place since counts as it.
    static func itself() throws(ChildProgramError) -> ChildProgram {
        guard let path = executable else { throw ChildProgramError(what: "finding this program's path", code: ENOENT) }
        return ChildProgram(path: path)
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

    /// Starts it.
    ///
    /// - Parameters:
    ///   - role: What the child is, given the number of its end of the channel.
    ///   - descriptors: What it has under the same numbers.
    ///   - hidden: Variables that it does not get.
    func start(descriptors: [Int32], hidden: [String], role: (_ channel: Int32) -> ProcessRole) throws(ChildProgramError) -> Child {
        var ends: [Int32] = [-1, -1]
        guard socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0, &ends) == 0 else {
            throw ChildProgramError(what: "making a channel", code: errno)
        }
        defer { close(ends[1]) }
        _ = fcntl(ends[0], F_SETFL, O_NONBLOCK)

        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        // A descriptor that is duplicated to itself loses its close-on-exec flag (posix_spawn_file_actions_adddup2(3p)).
        let role = role(ends[1])
        let handover = ProcessHandover.inherited(for: role)
        for descriptor in descriptors + handover.descriptors + [ends[1]] { posix_spawn_file_actions_adddup2(&actions, descriptor, descriptor) }

        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var none = sigset_t()
        sigemptyset(&none)
        var all = sigset_t()
        sigfillset(&all)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setsigdefault(&attributes, &all)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))

        let added = role.variables(parent: getpid()) + handover.variables
        let variables = Variables(hidden: hidden + [ProcessHandover.variable], added: added)
        var process: pid_t = 0
        var arguments: [UnsafeMutablePointer<CChar>?] = ([path] + leadingArguments).map { strdup($0) }
        let owned = arguments.count
        // As they came: not every argument is valid UTF-8.
        arguments += (skippedArguments..<max(skippedArguments, Int(CommandLine.argc))).map { CommandLine.unsafeArgv[$0] }
        arguments.append(nil)
        defer { for argument in arguments.prefix(owned) { free(argument) } }
        let code = posix_spawnp(&process, path, &actions, &attributes, arguments, variables.pointers)
        guard code == 0 else {
            close(ends[0])
            throw ChildProgramError(what: "starting \(path)", code: code)
        }
        return Child(process: process, channel: ends[0])
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
