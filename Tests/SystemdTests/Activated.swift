import Glibc

/// Puts the process in the place of one that systemd has started with sockets.
enum Activated {
    private static let mark = "ROOST_TEST_ACTIVATED"
    /// Where the descriptors wait for the shell: beyond anything that is open already.
    private static let parking: Int32 = 200

    /// Starts this program over, as the same process, with these descriptors at 3, 4, …; in that second run it returns at once.
    ///
    /// `LISTEN_PID` is right for the second run, and what its runtime opens finds its place behind the descriptors. A shell between the
    /// two runs moves them: threads of the first run may be using the numbers 3, 4, … themselves.
    static func become(with descriptors: [OwnedDescriptor], names: String?) {
        guard getenv(mark) == nil else {
            unsetenv(mark)
            return
        }
        let parked = descriptors.map { fcntl($0.number, F_DUPFD, parking) }
        let moves = parked.enumerated().map { index, number in "\(3 + index)<&\(number) \(number)<&-" }.joined(separator: " ")
        // As the process got it, because the test library has removed what says which test this process is for;
        // without its channels to the parent, because it has used them up.
        let library = initialEnvironment().filter { !$0.hasPrefix("SWT_BACKCHANNEL=") && !$0.hasPrefix("SWT_CAPTURED_VALUES=") }
        var environment = library + ["\(mark)=1", "LISTEN_PID=\(getpid())", "LISTEN_FDS=\(descriptors.count)"]
        if let names { environment.append("LISTEN_FDNAMES=\(names)") }
        let arguments = ["bash", "-c", "exec \"$0\" \"$@\" \(moves)", programPath()] + CommandLine.arguments.dropFirst()
        execve("/bin/bash", vector(arguments), vector(environment))
        fatalError("execve: errno \(errno)")
    }

    private static func programPath() -> String {
        var path = [UInt8](repeating: 0, count: Int(PATH_MAX))
        let count = readlink("/proc/self/exe", &path, path.count)
        return String(decoding: path.prefix(count), as: UTF8.self)
    }

    private static func initialEnvironment() -> [String] {
        let file = OwnedDescriptor(open("/proc/self/environ", O_RDONLY))
        var (text, chunk) = ([UInt8](), [UInt8](repeating: 0, count: 65536))
        while case let count = withExtendedLifetime(file, { read(file.number, &chunk, chunk.count) }), count > 0 { text += chunk.prefix(count) }
        return text.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
    }

    /// Strings for execve, never freed: the process is about to be replaced.
    private static func vector(_ strings: [String]) -> [UnsafeMutablePointer<CChar>?] {
        strings.map { strdup($0) } + [nil]
    }
}

struct ExpectationFailed: Error, CustomStringConvertible {
    let description: String
}

/// In a process that ends with its outcome, `#expect` has nobody to tell: failing to hold ends the process with an error instead.
func expect(_ holds: Bool, _ message: String) throws(ExpectationFailed) {
    if !holds { throw ExpectationFailed(description: message) }
}
