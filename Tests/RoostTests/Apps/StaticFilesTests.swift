import Glibc
import HTTPWire
import NIOCore
import Testing

@testable import Roost

@Suite("Static files", .timeLimit(.minutes(1)))
struct StaticFilesTests {
    private let site = StaticSite([
        "index.html": "<h1>home</h1>", "a.txt": "0123456789", "below/index.html": "below", "below/a b.css": "p{}", "empty": "", ".secret": "x",
        "noindex/file": "x", "app.js": "plain", "app.js.br": "brotli!", "app.js.gz": "gzip", ".well-known/security.txt": "contact",
    ])
    private let changed = 784_111_777

    private func ask(
        _ target: String, _ method: String = "GET", headers: Headers = [:], with change: (String) -> StaticFiles = { StaticFiles(directory: $0) }
    ) async throws -> TestResponse {
        for name in ["a.txt", "app.js", "app.js.br", "app.js.gz", "index.html"] { site.touch(name, at: changed) }
        let app = change(site.root)
        return try await withTestClient(app.application) { try await $0.request(method, target, headers: headers) }
    }

    @Test("come with what is known of them")
    func ordinary() async throws {
        let response = try await ask("/a.txt")
        #expect(response.status == 200 && response.text == "0123456789")
        #expect(response.headers["content-type"] == "text/plain; charset=utf-8" && response.headers["content-length"] == "10")
        #expect(response.headers["last-modified"] == "Sun, 06 Nov 1994 08:49:37 GMT")
        #expect(response.headers["etag"] == "\"ae1b981bc490a00-a\"")
        #expect(response.headers["accept-ranges"] == "bytes" && response.headers["x-content-type-options"] == "nosniff")
        #expect(response.headers["vary"] == "accept-encoding" && !response.headers.contains(name: "cache-control"))
        #expect(!response.headers.contains(name: "transfer-encoding"))
        let head = try await ask("/a.txt", "HEAD")
        #expect(head.status == 200 && head.text == "" && head.headers["content-length"] == "10" && head.headers["etag"] == response.headers["etag"])
        #expect(try await ask("/empty").headers["content-length"] == "0")
        #expect(try await ask("/below/a%20b.css").headers["content-type"] == "text/css; charset=utf-8")
        #expect(try await ask("/.well-known/security.txt").text == "contact")
    }

    @Test("have an index for a directory, and one without a slash is sent to the one with it, relative to itself")
    func directories() async throws {
        #expect(try await ask("/").text == "<h1>home</h1>")
        #expect(try await ask("/below/").text == "below")
        let redirect = try await ask("/below?a=b%2F/c")
        #expect(redirect.status == 301 && redirect.headers["location"] == "./below/?a=b%2F/c")
        site.write("x", to: "a:b c/index.html")
        #expect(try await ask("/a:b%20c").headers["location"] == "./a%3Ab%20c/")
        for target in ["/noindex", "/noindex/", "/a.txt/", "/below/index.html/", "//below", "/below//"] { #expect(try await ask(target).status == 404, "\(target)") }
        let other = { StaticFiles(directory: $0, index: "file") }
        #expect(try await ask("/noindex/", with: other).text == "x")
        #expect(try await ask("/below/", with: other).status == 404)
        let none = { StaticFiles(directory: $0, index: nil) }
        for (target, status) in [("/", 404), ("/below", 404), ("/a.txt", 200)] { #expect(try await ask(target, with: none).status == status) }
    }

    @Test("that are not to be had are all told of in the same way")
    func missing() async throws {
        site.makeFIFO("fifo")
        site.link("link", to: "a.txt")
        let expected = try await ask("/missing")
        #expect(expected.status == 404 && expected.text == "Not Found\n" && expected.headers["x-content-type-options"] == "nosniff")
        for target in ["/fifo", "/link", "/.secret", "/noindex/", "/../outside", "/%2e%2e/outside", "/a%2ftxt", "/" + String(repeating: "a", count: 300)] {
            let response = try await ask(target)
            #expect(response.status == 404 && response.text == expected.text && response.headers.count == expected.headers.count, "\(target)")
        }
        #expect(try await ask("/link") { StaticFiles(directory: $0, followsSymbolicLinks: true) }.text == "0123456789")
    }

    @Test("are read and nothing else", arguments: ["POST", "PUT", "DELETE", "OPTIONS", "PATCH", "get"])
    func methods(_ method: String) async throws {
        for target in ["/a.txt", "/missing"] {
            let response = try await ask(target, method)
            #expect(response.status == 405 && response.headers["allow"] == "GET, HEAD")
        }
    }

    @Test("may be had in part", arguments: [
        ("bytes=0-3", 206, "0123", "bytes 0-3/10"), ("bytes=-2", 206, "89", "bytes 8-9/10"), ("bytes=5-", 206, "56789", "bytes 5-9/10"),
        ("bytes=0-1,5-6", 206, "0123456", "bytes 0-6/10"), ("bytes=20-", 416, "", "bytes */10"), ("bytes=x", 200, "0123456789", nil),
    ] as [(String, Int, String, String?)])
    func part(_ range: String, _ status: Int, _ body: String, _ contentRange: String?) async throws {
        let response = try await ask("/a.txt", headers: ["range": range])
        #expect(response.status == status && response.text == body && response.headers["content-range"] == contentRange)
        if status == 206 { #expect(response.headers["content-length"] == "\(body.utf8.count)" && response.headers["etag"] != nil) }
        // To HEAD a range means nothing.
        #expect(try await ask("/a.txt", "HEAD", headers: ["range": range]).status == 200)
    }

    @Test("may be had in several parts at once")
    func parts() async throws {
        let content = (0..<1000).map { "\($0 % 10)" }.joined()
        site.write(content, to: "long.txt")
        let response = try await ask("/long.txt", headers: ["range": "bytes=990-, 0-4, 500-501"])
        let type = try #require(response.headers["content-type"])
        #expect(response.status == 206 && type.hasPrefix("multipart/byteranges; boundary=") && !response.headers.contains(name: "content-range"))
        let boundary = type.dropFirst("multipart/byteranges; boundary=".count)
        let head = "content-type: text/plain; charset=utf-8\r\ncontent-range: bytes"
        let expected = "--\(boundary)\r\n\(head) 0-4/1000\r\n\r\n01234\r\n--\(boundary)\r\n\(head) 500-501/1000\r\n\r\n01\r\n"
            + "--\(boundary)\r\n\(head) 990-999/1000\r\n\r\n0123456789\r\n--\(boundary)--\r\n"
        #expect(response.text == expected && response.headers["content-length"] == "\(expected.utf8.count)")
    }

    @Test("are sent on condition")
    func conditions() async throws {
        let tag = try #require(try await ask("/a.txt").headers["etag"])
        let unchanged = try await ask("/a.txt", headers: ["if-none-match": tag])
        #expect(unchanged.status == 304 && unchanged.text == "" && unchanged.headers["etag"] == tag && unchanged.headers["vary"] != nil)
        #expect(!unchanged.headers.contains(name: "content-type") && !unchanged.headers.contains(name: "content-length"))
        #expect(try await ask("/a.txt", "HEAD", headers: ["if-none-match": tag]).status == 304)
        #expect(try await ask("/a.txt", headers: ["if-match": "\"other\""]).status == 412)
        #expect(try await ask("/a.txt", headers: ["if-modified-since": "Sun, 06 Nov 1994 08:49:37 GMT"]).status == 304)
        #expect(try await ask("/a.txt", headers: ["range": "bytes=0-3", "if-range": tag]).text == "0123")
        #expect(try await ask("/a.txt", headers: ["range": "bytes=0-3", "if-range": "\"other\""]).text == "0123456789")
        #expect(try await ask("/a.txt", headers: ["range": "bytes=20-", "if-range": "\"other\""]).status == 200)
        #expect(try await ask("/a.txt", headers: ["range": "bytes=20-", "if-none-match": tag]).status == 304)
        site.write("012345678!", to: "b.txt")
        site.touch("b.txt", at: changed)
        #expect(try await ask("/b.txt").headers["etag"] == tag)
        site.touch("b.txt", at: changed + 1)
        #expect(try await ask("/b.txt").headers["etag"] != tag)
    }

    @Test("are compressed for those who take that, and each form has a tag of its own")
    func precompressed() async throws {
        var tags: Set<String> = []
        for (accepted, coding, body) in [("br, gzip", "br", "brotli!"), ("gzip", "gzip", "gzip"), ("gzip, br;q=0.5", "gzip", "gzip"), ("identity", nil, "plain")] {
            let response = try await ask("/app.js", headers: ["accept-encoding": accepted])
            #expect(response.text == body && response.headers["content-encoding"] == coding && response.headers["vary"] == "accept-encoding")
            #expect(response.headers["content-type"] == "text/javascript; charset=utf-8")
            tags.insert(try #require(response.headers["etag"]))
        }
        #expect(tags.count == 3)
        #expect(try await ask("/app.js", headers: ["accept-encoding": "br", "range": "bytes=0-2"]).text == "bro")
        #expect(try await ask("/a.txt", headers: ["accept-encoding": "br"]).text == "0123456789")
        let plain = try await ask("/app.js", headers: ["accept-encoding": "br"]) { StaticFiles(directory: $0, servesPrecompressed: false) }
        #expect(plain.text == "plain" && !plain.headers.contains(name: "vary"))
        #expect(try await ask("/app.js.gz").headers["content-type"] == "application/gzip")
    }

    @Test("may be kept for as long as is said")
    func maxAge() async throws {
        let app = { StaticFiles(directory: $0, maxAge: .seconds(90)) }
        #expect(try await ask("/a.txt", with: app).headers["cache-control"] == "max-age=90")
        let tag = try #require(try await ask("/a.txt").headers["etag"])
        #expect(try await ask("/a.txt", headers: ["if-none-match": tag], with: app).headers["cache-control"] == "max-age=90")
        let missing = try await ask("/missing", with: app)
        #expect(missing.status == 404 && !missing.headers.contains(name: "cache-control"))
    }

    @Test("below a prefix are those of the root")
    func mounted() async throws {
        let files = StaticFiles(directory: site.root).application
        var config = Config()
        config.rootPath = "/static"
        try await withTestClient(files, config) { client in
            let (file, bare, index) = (try await client.get("/static/a.txt"), try await client.get("/static"), try await client.get("/static/"))
            #expect(file.text == "0123456789" && bare.headers["location"] == "./static/" && index.text == "<h1>home</h1>")
        }
    }

    @Test("fail to start if their directory is not there, and say which and why")
    func startup() async throws {
        do {
            try await withTestClient(StaticFiles(directory: "/nowhere/at/all").application) { _ in }
            Issue.record("started")
        } catch {
            #expect("\(error)".contains("cannot serve files from /nowhere/at/all: No such file or directory"))
        }
    }

    @Test("are left to a trusted proxy that has them, which sees to parts and conditions")
    func accelerated() throws {
        for isTrusted in [true, false] {
            try withMemoryConnection(StaticFiles(directory: site.root).application) {
                $0.accelMap = [AccelMapping(directory: site.root, location: "/protected")].compactMap(\.self)
                if isTrusted { $0.forwardedAllowIPs = peers("unix:") }
            } _: { memory in
                memory.receive("GET /a.txt HTTP/1.1\r\nhost: a\r\nrange: bytes=0-3\r\n\r\n")
                let response = try #require(memory.responses().first)
                #expect(response["x-accel-redirect"] == (isTrusted ? "/protected/a.txt" : nil))
                #expect(response.status == (isTrusted ? 200 : 206) && response.text == (isTrusted ? "" : "0123"))
                memory.receive("GET /missing HTTP/1.1\r\nhost: a\r\n\r\n")
                #expect(memory.responses().first?.status == 404)
            }
        }
    }

    @Test("large ones arrive whole through a socket, in parts too, and nothing stays open")
    func sockets() async throws {
        let file = try ContentFile(length: 2_000_000)
        let directory = String(file.path[..<(file.path.lastIndex(of: "/") ?? file.path.startIndex)])
        try await servingEveryWay(StaticFiles(directory: directory).application) { served in
            let client = try served.connect()
            for _ in 0..<2 {
                let body = try client.ask("/file").body
                #expect(body == file.content)
                let parts = try client.ask("/file", fields: "range: bytes=0-999999,1000100-\r\n").body
                #expect(parts.count > 1_999_900 && parts.count < 2_000_900)
                let part = try client.ask("/file", fields: "range: bytes=1000000-1999999\r\n").body
                #expect(part.elementsEqual(file.content[1_000_000...]))
            }
            try file.waitUntilClosed()
        }
    }
}
