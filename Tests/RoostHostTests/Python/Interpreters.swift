import Glibc

@testable import RoostHost

/// The interpreters that there are to test with: `python3` of `PATH`, Debian's, and all that pyenv has.
enum Interpreters {
    struct Found: Sendable, CustomStringConvertible {
        var path: String
        var version: [Int]

        /// Whether Roost runs it.
        var isServed: Bool { version.lexicographicallyPrecedes([3, 9]) == false }
        var description: String { "\(path) (\(version.map(String.init).joined(separator: ".")))" }
    }

    static let all: [Found] = {
        let environment = ProcessEnvironment.variables()
        let paths = (environment["PATH"] ?? "").split(separator: ":").map { "\($0)/python3" } + ["/usr/bin/python3"]
        var found = (paths.first { access($0, X_OK) == 0 }.map { Set([$0, "/usr/bin/python3"]) } ?? []).sorted().compactMap(asked)
        let versions = "\(environment["PYENV_ROOT"] ?? "\(environment["HOME"] ?? "")/.pyenv")/versions"
        guard let directory = opendir(versions) else { return found }
        defer { closedir(directory) }
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) } }
            let version = name.split(separator: ".").compactMap { Int($0) }
            let path = "\(versions)/\(name)/bin/python"
            if version.count == 3, access(path, X_OK) == 0 { found.append(Found(path: path, version: version)) }
        }
        return found
    }()

    static let served = all.filter(\.isServed)

    private static func asked(_ path: String) -> Found? {
        let process = try? Subprocess([path, "-c", "import sys; sys.stdout.write('.'.join(str(n) for n in sys.version_info[:3]))"])
        let version = (process?.output ?? "").split(separator: ".").compactMap { Int($0) }
        return version.count == 3 ? Found(path: path, version: version) : nil
    }
}
