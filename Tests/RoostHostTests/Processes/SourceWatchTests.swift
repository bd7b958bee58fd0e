import Glibc
import Testing

@testable import RoostHost

@Suite("Changes of files", .timeLimit(.minutes(1)))
final class SourceWatchTests {
    private let root: String

    init() throws {
        var template = Array("/tmp/roost-sources-XXXXXX".utf8CString)
        try #require(mkdtemp(&template) != nil)
        root = template.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }
    }

    deinit {
        remove(root, "sub/deep/c.py", "sub/deep", "sub/b.py", "sub", "venv/pyvenv.cfg", "venv/lib.py", "venv", "skipped/d.py", "skipped", "a.py", "b.py", "a.txt", ".a.py")
    }

    private func remove(_ root: String, _ names: String...) {
        for name in names { Glibc.remove("\(root)/\(name)") }
        rmdir(root)
    }

    private func make(_ directory: String) { mkdir("\(root)/\(directory)", 0o700) }

    private func write(_ name: String) {
        let descriptor = open("\(root)/\(name)", O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        Glibc.write(descriptor, "x", 1)
        close(descriptor)
    }

    private func watch(deep: Bool = true) throws -> SourceWatch {
        try SourceWatch(root, included: ["*.py"], excluded: [".*", "skipped"], isDeep: deep)
    }

    /// The names that have changed; the kernel tells of them at once.
    private func changes(_ watch: SourceWatch) -> Set<String> {
        Set(watch.take().map { String($0.dropFirst(root.utf8.count + 1)) })
    }

    @Test("are noticed once each, however they come about")
    func changed() throws {
        write("a.py")
        let watch = try watch()
        #expect(changes(watch).isEmpty)
        write("a.py")
        write("a.py")
        #expect(watch.take() == ["\(root)/a.py"])
        rename("\(root)/a.py", "\(root)/b.py")
        #expect(changes(watch) == ["a.py", "b.py"])
        unlink("\(root)/b.py")
        #expect(changes(watch) == ["b.py"])
    }

    @Test("of names that do not count are not")
    func others() throws {
        make("skipped")
        let watch = try watch()
        for name in ["a.txt", ".a.py", "skipped/d.py"] { write(name) }
        #expect(changes(watch).isEmpty)
    }

    @Test("in directories below are, in those too that are made later, whatever was quicker there")
    func deep() throws {
        make("sub")
        let watch = try watch()
        write("sub/b.py")
        #expect(changes(watch) == ["sub/b.py"])
        make("sub/deep")
        write("sub/deep/c.py")
        #expect(changes(watch) == ["sub/deep/c.py"])
        write("sub/deep/c.py")
        #expect(changes(watch) == ["sub/deep/c.py"])
    }

    @Test("below are not if only the directory itself counts")
    func flat() throws {
        make("sub")
        let watch = try watch(deep: false)
        write("sub/b.py")
        write("a.py")
        #expect(changes(watch) == ["a.py"])
    }

    @Test("in a virtual environment are not, whether it was there or is made")
    func environments() throws {
        make("venv")
        write("venv/pyvenv.cfg")
        var watch = try watch()
        write("venv/lib.py")
        #expect(changes(watch).isEmpty)

        for name in ["venv/lib.py", "venv/pyvenv.cfg"] { unlink("\(root)/\(name)") }
        watch = try self.watch()
        write("venv/pyvenv.cfg")
        write("venv/lib.py")
        #expect(changes(watch).isEmpty)
        write("venv/lib.py")
        #expect(changes(watch).isEmpty)
    }

    @Test("cannot be noticed where there is no directory")
    func missing() {
        #expect { try SourceWatch("/nowhere/at/all", included: ["*"], excluded: [], isDeep: true) } throws: {
            "\($0)" == "watching /nowhere/at/all for changes (--reload): No such file or directory"
        }
    }
}
