import Testing

@testable import RoostHost

@Suite("Where the Python package comes from")
struct PythonTreeTests {
    @Test("it is looked for where packages install it, and beside a build directory", arguments: [
        ("/usr/bin/roost", ["/usr/lib/roost/python"]),
        ("/opt/roost/bin/roost", ["/opt/roost/lib/roost/python"]),
        ("/src/.build/x86_64/debug/roost", ["/src/.build/x86_64/lib/roost/python", "/src/.build/python"]),
        ("/src/.build/x86_64/release/roost", ["/src/.build/x86_64/lib/roost/python", "/src/.build/python"]),
        ("/roost", ["/lib/roost/python"]),
    ])
    func places(_ executable: String, _ places: [String]) {
        #expect(PythonTree.places(for: executable) == places)
    }

    @Test("without a known executable it is looked for nowhere")
    func unknown() {
        #expect(PythonTree.places(for: nil).isEmpty)
        #expect(PythonTree.places(for: "roost").isEmpty)
    }

    @Test("the first whole one counts")
    func whole() throws {
        let directory = try TemporaryDirectory()
        let places = ["a", "b", "c"].map { "\(directory.path)/\($0)" }
        #expect(PythonTree.find(in: places) == nil)
        directory.write("a/roost/__init__.py")
        for name in ["b", "c"] {
            directory.write("\(name)/roost/__init__.py")
            directory.write("\(name)/roost/_roost.abi3.so")
        }
        #expect(PythonTree.find(in: places) == places[1])
    }

    @Test("this executable is known")
    func executable() {
        #expect(PythonTree.executable?.hasPrefix("/") == true)
    }
}
