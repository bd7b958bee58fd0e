internal import Glibc

/// The directory that holds the Python package `roost` with its extension module, as it comes with the executable.
enum PythonTree {
    /// Where it is looked for: where packages install it, and beside the executables of a checkout's build directory.
    ///
    /// - Parameter executable: The path of the executable, without links; nil if it is not known.
    static func places(for executable: String?) -> [String] {
        guard let executable, executable.hasPrefix("/") else { return [] }
        let directory = executable.split(separator: "/").dropLast()
        var places = [directory.dropLast() + ["lib", "roost", "python"]]
        // Nowhere else: two directories up from any other, such as /tmp/a/b, anybody may have put one.
        if directory.last == "debug" || directory.last == "release" { places.append(directory.dropLast(2) + ["python"]) }
        return places.map { "/" + $0.joined(separator: "/") }
    }

    /// The first place that has the whole package.
    static func find(in places: [String]) -> String? {
        places.first { place in
            ["__init__.py", "_roost.abi3.so"].allSatisfy { access("\(place)/roost/\($0)", R_OK) == 0 }
        }
    }

    /// The path of this executable.
    static var executable: String? { SymbolicLink.target(of: "/proc/self/exe") }
}
