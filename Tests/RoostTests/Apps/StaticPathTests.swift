import HTTPWire
import SeededRandom
import Testing

@testable import Roost

@Suite("The path of a static file")
struct StaticPathTests {
    private func path(_ raw: String, root: String = "", middleware: String? = nil) -> String? {
        let decoded = String(decoding: RequestPathDecoding.bytes(raw), as: UTF8.self)
        return StaticPath(rawPath: raw, path: middleware ?? decoded, rootPath: root).map { path in
            String(decoding: path.bytes, as: UTF8.self) + (path.isDirectory ? "/" : "")
        }
    }

    @Test("leads down from the root", arguments: [
        ("/", "/"), ("/a", "a"), ("/a/", "a/"), ("/a/b.txt", "a/b.txt"), ("/a%20b/%C3%BC", "a b/ü"), ("/a%2eb", "a.b"), ("/.well-known/acme", ".well-known/acme"),
        ("/a..b/c...", "a..b/c..."), ("/a\\b", "a\\b"), ("/a%5c..", "a\\.."), ("/%25", "%"),
    ])
    func plain(_ raw: String, _ names: String) {
        #expect(path(raw) == names)
    }

    @Test("is none that could lead elsewhere, or to what is not to be seen", arguments: [
        "", "a", "*", "//evil.example", "//", "/a//b", "/..", "/../etc/passwd", "/a/../b", "/a/..", "/a/../", "/.", "/./a", "/%2e%2e/a", "/.%2e/a", "/%2E%2E%2Fetc",
        "/a%2fb", "/a%2Fb", "/a%00b", "/.git/config", "/a/.htaccess", "/.env", "/a/.well-known/b", "/%2egit/config", "/..%2f..%2f", "/...", "/.well-known/.x",
    ])
    func refused(_ raw: String) {
        #expect(path(raw) == nil)
    }

    @Test("has no name that no file can have")
    func long() {
        #expect(path("/" + String(repeating: "a", count: 255)) != nil)
        #expect(path("/" + String(repeating: "a", count: 256)) == nil)
    }

    @Test("is what comes behind the prefix of the mount", arguments: [
        ("/static/a", "/static", "a"), ("/static/", "/static", "/"), ("/static", "/static", ""), ("/staticx/a", "/static", "staticx/a"), ("/a", "/static", "a"),
    ])
    func mounted(_ raw: String, _ root: String, _ names: String) {
        #expect(path(raw, root: root) == names)
    }

    @Test("is as middleware has left it")
    func rewritten() {
        #expect(path("/old", middleware: "/new") == "new")
        #expect(path("/old", middleware: "/../new") == nil)
        #expect(StaticPath(rawPath: "/caf%E9", path: "/caf\u{FFFD}", rootPath: "")?.bytes == [0x63, 0x61, 0x66, 0xE9])
    }

    @Test("never leads out, whatever it is")
    func fuzz() {
        var random = SeededGenerator(seed: 17)
        let pieces = ["/", ".", "..", "a", "%2e", "%2f", "%00", "%", "%4", "%zz", "\\", "é", "//", "%c0%ae", ".well-known"]
        for _ in 0..<fuzzIterations {
            let raw = "/" + (0..<Int.random(in: 0...8, using: &random)).map { _ in pieces.randomElement(using: &random)! }.joined()
            guard let path = StaticPath(rawPath: raw, path: String(decoding: RequestPathDecoding.bytes(raw), as: UTF8.self), rootPath: "") else { continue }
            for name in path.bytes.isEmpty ? [] : path.bytes.split(separator: 0x2F, omittingEmptySubsequences: false).map(Array.init) {
                #expect(!name.isEmpty && !name.contains(0) && !name.contains(0x2F) && (name[0] != 0x2E || name.elementsEqual(".well-known".utf8)), "\(raw)")
            }
        }
    }
}

/// What the server makes of a target's path.
private enum RequestPathDecoding {
    static func bytes(_ raw: String) -> [UInt8] {
        let bytes = Array(raw.utf8)
        var (decoded, index) = ([UInt8](), 0)
        while index < bytes.count {
            if bytes[index] == 0x25, index + 2 < bytes.count, let value = UInt8(String(decoding: bytes[(index + 1)...(index + 2)], as: UTF8.self), radix: 16) {
                decoded.append(value)
                index += 3
            } else {
                decoded.append(bytes[index])
                index += 1
            }
        }
        return decoded
    }
}
