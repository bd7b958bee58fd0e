import CLinux
import Glibc
import Testing

@testable import Roost

@Suite("The tree of static files")
struct StaticTreeTests {
    private let site = StaticSite(["a.txt": "a", "below/b.txt": "b"])

    private func item(_ path: String, followsLinks: Bool = false) throws -> String {
        switch try StaticTree(site.root, followsLinks: followsLinks).open(Array(path.utf8)) {
        case .file(let file): "file of \(file.size)"
        case .directory: "directory"
        case .nothing: "nothing"
        }
    }

    @Test("has files and directories, and nothing of another kind")
    func kinds() throws {
        site.makeFIFO("fifo")
        #expect(try item("a.txt") == "file of 1" && item("below/b.txt") == "file of 1")
        #expect(try item(".") == "directory" && item("below") == "directory")
        #expect(try item("missing") == "nothing" && item("a.txt/b") == "nothing" && item("fifo") == "nothing")
        #expect(try item(String(repeating: "x", count: 300)) == "nothing")
    }

    @Test("follows no symbolic link unless it is told to, and then none that leads out or is absolute")
    func links() throws {
        writeFile("secret", site.outside + "/secret")
        site.link("inner", to: "a.txt")
        site.link("below/up", to: "../a.txt")
        site.link("tree", to: "below")
        site.link("out", to: "../outside/secret")
        site.link("outdir", to: "../outside")
        site.link("absolute", to: site.root + "/a.txt")
        site.link("loop", to: "loop")
        let all = ["inner", "below/up", "tree/b.txt", "out", "outdir/secret", "absolute", "loop", "../outside/secret", "below/../../outside/secret"]
        #expect(try all.map { try item($0) } == Array(repeating: "nothing", count: all.count))
        #expect(try all.map { try item($0, followsLinks: true) } == Array(repeating: "file of 1", count: 3) + Array(repeating: "nothing", count: 6))
    }

    @Test("is as strict on kernels without openat2(2)")
    func walk() throws {
        writeFile("secret", site.outside + "/secret")
        site.link("inner", to: "a.txt")
        site.link("tree", to: "below")
        site.link("outdir", to: "../outside")
        let root = clinux_name_directory(site.root)
        defer { close(root) }
        for (path, isThere) in [("a.txt", true), ("below/b.txt", true), (".", true), ("inner", false), ("tree/b.txt", false), ("outdir/secret", false), ("missing/x", false)] {
            let descriptor = StaticTree.walk(from: root, Array(path.utf8))
            #expect((descriptor >= 0) == isThere, "\(path)")
            if descriptor >= 0 { close(descriptor) }
        }
    }

    @Test("may itself be put in place by a symbolic link, and be replaced while it is served")
    func replacedRoot() throws {
        let current = site.outside + "/current"
        symlink(site.root, current)
        let tree = StaticTree(current, followsLinks: false)
        guard case .file = try tree.open(Array("a.txt".utf8)) else {
            Issue.record("not found")
            return
        }
        unlink(current)
        symlink(site.outside, current)
        guard case .nothing = try tree.open(Array("a.txt".utf8)) else {
            Issue.record("still found")
            return
        }
    }

    @Test("is found again when its root was moved and a symbolic link, there or above, leads to it")
    func movedRoot() throws {
        let (above, moved) = (site.outside + "/above", site.outside + "/moved")
        mkdir(above, 0o755)
        mkdir(above + "/site", 0o755)
        writeFile("a", above + "/site/a..b")
        let tree = StaticTree(above + "/site", followsLinks: false)
        func isThere() throws -> Bool { if case .file = try tree.open(Array("a..b".utf8)) { true } else { false } }
        #expect(try isThere())
        rename(above, moved)
        #expect(try !isThere())
        symlink(moved, above)
        #expect(try isThere())
        unlink(above)
        mkdir(above, 0o755)
        symlink(moved + "/site", above + "/site")
        #expect(try isThere())
    }

    @Test("says what is wrong with its root")
    func problems() {
        #expect(StaticTree(site.root, followsLinks: true).problem == nil && StaticTree(site.root + "//", followsLinks: false).problem == nil)
        #expect(StaticFiles(directory: site.root + "/none").problem == "cannot serve files from \(site.root)/none: No such file or directory")
        #expect(StaticFiles(directory: site.root + "/a.txt").problem == "cannot serve files from \(site.root)/a.txt: Not a directory")
        #expect(StaticTree("/", followsLinks: false).problem == nil)
    }
}
