import Testing

@testable import Roost

@Suite("Addresses to listen on")
struct BindAddressTests {
    static let forms: [(String, BindAddress)] = [
        ("127.0.0.1:8000", .tcp(host: "127.0.0.1", port: 8000)),
        ("127.0.0.1", .tcp(host: "127.0.0.1", port: 8000)),
        ("127.0.0.1:0", .tcp(host: "127.0.0.1", port: 0)),
        ("0.0.0.0:65535", .tcp(host: "0.0.0.0", port: 65535)),
        ("[::1]:8080", .tcp(host: "::1", port: 8080)),
        ("[::1]", .tcp(host: "::1", port: 8000)),
        ("[::]:80", .tcp(host: "::", port: 80)),
        ("[fe80::1%eth0]:80", .tcp(host: "fe80::1%eth0", port: 80)),
        ("[::ffff:192.0.2.1]", .tcp(host: "::ffff:192.0.2.1", port: 8000)),
        ("localhost", .tcp(host: "localhost", port: 8000)),
        ("my-host_1.example.org:443", .tcp(host: "my-host_1.example.org", port: 443)),
        ("3com.com:80", .tcp(host: "3com.com", port: 80)),
        (":8000", .tcp(host: "", port: 8000)),
        (":0", .tcp(host: "", port: 0)),
        ("unix:/run/app.sock", .unix(path: "/run/app.sock")),
        ("unix:app.sock", .unix(path: "app.sock")),
        ("unix:with:colon and space", .unix(path: "with:colon and space")),
        ("/run/app.sock", .unix(path: "/run/app.sock")),
        ("./app.sock", .unix(path: "./app.sock")),
        ("../app.sock", .unix(path: "../app.sock")),
        ("unix:@app", .abstract(name: "app")),
        ("unix:@a/b:c", .abstract(name: "a/b:c")),
        ("fd://3", .descriptor(3)),
        ("fd://0", .descriptor(0)),
        ("systemd:", .systemd(name: nil)),
        ("systemd:web", .systemd(name: "web")),
        ("systemd:roost.socket", .systemd(name: "roost.socket")),
    ]

    @Test("every form is understood", arguments: forms)
    func form(text: String, address: BindAddress) throws {
        #expect(try BindAddress(text) == address)
    }

    @Test("the description reads back as the same address", arguments: forms.map(\.1))
    func roundTrip(address: BindAddress) throws {
        #expect(try BindAddress(address.description) == address)
    }

    @Test("a path that looks like something else is described so that it reads back as that file")
    func awkwardPaths() throws {
        #expect(try BindAddress(BindAddress.unix(path: "@app").description) == .unix(path: "./@app"))
        #expect(try BindAddress(BindAddress.unix(path: "//run/app").description) == .unix(path: "/run/app"))
    }

    @Test(
        "a text that is no address is refused with what was expected and an example",
        arguments: [
            ("", "it is empty", "127.0.0.1:8000"),
            ("8000", "a port alone is written with a colon", ":8000 or 127.0.0.1:8000"),
            ("http://127.0.0.1:8000/", "not a URL; leave http:// away", "127.0.0.1:8000"),
            ("https://", "not a URL", "127.0.0.1:8000"),
            ("tcp://127.0.0.1:1", "not a URL; leave tcp:// away", "127.0.0.1:1"),
            ("::1", "in brackets", "[::1]:8000"),
            ("fe80::1:8000", "in brackets", "[fe80::1:8000]:8000"),
            ("a:b:c", "in brackets", "[::1]:8000"),
            ("[::1", "not closed", "[::1]:8000"),
            ("[::1]8000", "expected :PORT or nothing after the bracket, not \"8000\"", "[::1]:8000"),
            ("[::1]:", "expected a port from 0 to 65535 after the last colon, not nothing", "127.0.0.1:8000"),
            ("[localhost]:80", "brackets are for IPv6", "[::1]:8000"),
            ("[::g]:80", "is not an IPv6 address", "127.0.0.1:80"),
            ("[fe80::1%]:80", "is not an IPv6 address", "127.0.0.1:80"),
            (":", "expected a port", "127.0.0.1:8000"),
            ("localhost:", "not nothing", "127.0.0.1:8000"),
            ("localhost:80x", "not \"80x\"", "127.0.0.1:8000"),
            ("localhost:-1", "not \"-1\"", "127.0.0.1:8000"),
            ("localhost:+80", "not \"+80\"", "127.0.0.1:8000"),
            ("localhost: 80", "not \" 80\"", "127.0.0.1:8000"),
            ("localhost:65536", "expected a port from 0 to 65535", "127.0.0.1:8000"),
            ("localhost:99999999999999999999", "expected a port", "127.0.0.1:8000"),
            ("localhost:٨٠", "expected a port", "127.0.0.1:8000"),
            ("256.0.0.1:80", "is not an IPv4 address", "127.0.0.1:80"),
            ("127.1:80", "is not an IPv4 address", "127.0.0.1:80"),
            ("0x7f.0x1:80", "is not an IPv4 address", "127.0.0.1:80"),
            ("1.2.3.4.5", "is not an IPv4 address", "127.0.0.1:8000"),
            ("*:8000", "a colon and the port alone", "127.0.0.1:8000"),
            ("my host:80", "is not a host name", "127.0.0.1:80"),
            ("-host:80", "is not a host name", "127.0.0.1:80"),
            ("a..b:80", "is not a host name", "127.0.0.1:80"),
            ("bücher.example:80", "is not a host name", "127.0.0.1:80"),
            ("127.0.0.1\0.org:80", "is not a host name", "127.0.0.1:80"),
            ("[::1\0]:80", "is not an IPv6 address", "127.0.0.1:80"),
            ("run/app.sock", "starts with / or ./", "127.0.0.1:8000"),
            ("unix:", "the path of the Unix socket is missing", "unix:/run/app.sock"),
            ("unix:///run/app.sock", "without //", "unix:/run/app.sock"),
            ("unix:/run/", "names a directory", "unix:/run/app.sock"),
            ("/run/..", "names a directory", "unix:/run/app.sock"),
            ("/", "names a directory", "unix:/run/app.sock"),
            ("/run/a\nb", "no control characters", "unix:/run/app.sock"),
            ("/run/a\0b", "no control characters", "unix:/run/app.sock"),
            ("unix:@", "the name after @ is missing", "unix:@app"),
            ("@app", "written unix:@NAME", "unix:@app"),
            ("fd://", "expected the number of an inherited descriptor", "fd://3"),
            ("fd://x", "not \"x\"", "fd://3"),
            ("fd://-1", "not \"-1\"", "fd://3"),
            ("fd://99999999999", "expected the number", "fd://3"),
            ("fd:5", "written fd://N", "fd://5"),
            ("systemd:a:b", "no colon", "systemd:web"),
            ("systemd:\u{e9}", "ASCII", "systemd:web"),
        ])
    func refused(text: String, problem: String, example: String) throws {
        let error = try #require(throws: BindAddressError.self) { try BindAddress(text) }
        #expect(error.text == text)
        #expect(error.problem.contains(problem), "\(error)")
        #expect(error.example == example)
        #expect(!error.description.unicodeScalars.contains { $0.value < 0x20 })
        #expect(error.description.hasSuffix("; for example \(example)"))
    }

    @Test("a path of 107 bytes is the longest")
    func longestPath() throws {
        let longest = "/" + String(repeating: "x", count: 106)
        #expect(try BindAddress(longest) == .unix(path: longest))
        let error = try #require(throws: BindAddressError.self) { try BindAddress("\(longest)é") }
        #expect(error.problem == "the path of a Unix socket has at most 107 bytes on Linux, and this one has 109")
        #expect(throws: BindAddressError.self) { try BindAddress("unix:@" + String(repeating: "x", count: 108)) }
    }

    @Test("a very long text is cut in the error")
    func longText() throws {
        let error = try #require(throws: BindAddressError.self) { try BindAddress(String(repeating: "x:", count: 10_000)) }
        #expect(error.description.utf8.count < 400)
    }

    @Test(
        "an address that was put together by hand obeys the same rules",
        arguments: [
            .tcp(host: "127.0.0.1", port: 70000), .tcp(host: "[::1]", port: 80), .tcp(host: "127.0.0.1", port: -1), .unix(path: ""),
            .unix(path: "/" + String(repeating: "x", count: 200)), .abstract(name: ""), .descriptor(-1), .systemd(name: ""),
        ] as [BindAddress])
    func byHand(address: BindAddress) throws {
        #expect(bindError(address)?.address == address.description)
    }

    @Test("no text traps", arguments: [UInt64(1), 2, 3])
    func junk(seed: UInt64) {
        let pieces = ["unix:", "fd://", "systemd:", "[", "]", ":", "::", "/", "//", "@", "%", ".", "8000", "\0", "\u{301}", "\u{1F600}", "x", " ", "-", "99999999999999999999"]
        var state = seed
        for _ in 0..<5000 {
            var text = ""
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            for shift in 0..<(state >> 60) {
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407 &+ shift
                text += pieces[Int(state >> 33) % pieces.count]
            }
            guard let address = try? BindAddress(text) else { continue }
            #expect((try? BindAddress(address.description)) != nil, "\(text.debugDescription)")
        }
    }
}
