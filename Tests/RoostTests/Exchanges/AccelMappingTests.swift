import HTTPWire
import Testing

@testable import Roost

@Suite("Files that a proxy sends")
struct AccelMappingTests {
    @Test("are named by a directory and a location", arguments: [
        ("/srv/files=/protected", "/srv/files=/protected"), ("/srv/files/=/protected/", "/srv/files=/protected"), ("/=/", "/=/"), ("/a=b=/c", "/a=b=/c"),
    ])
    func mappings(_ text: String, _ shown: String) {
        #expect(AccelMapping(text)?.description == shown)
    }

    @Test("and by nothing else", arguments: ["", "/srv", "=", "/srv=", "=/p", "srv=/p", "/srv=p", "/srv/../etc=/p", "/srv=/p/./q", "/srv//a=/p", "/srv=/p//q", "/a\0=/b"])
    func malformed(_ text: String) {
        #expect(AccelMapping(text) == nil)
    }

    @Test("have locations below it, encoded", arguments: [
        ("/srv/files/a.txt", "/protected/a.txt"), ("/srv/files/a b/c%.txt", "/protected/a%20b/c%25.txt"), ("/srv/files/ü", "/protected/%C3%BC"),
        ("/srv/files/a\r\nb", "/protected/a%0D%0Ab"), ("/srv/files/a?b#c", "/protected/a%3Fb%23c"), ("/srv/files/..a/.b", "/protected/..a/.b"),
    ])
    func locations(_ path: String, _ location: String) throws {
        #expect(try #require(AccelMapping("/srv/files=/protected")).location(of: path.utf8) == location)
    }

    @Test("are not those that lie elsewhere, or seem to", arguments: [
        "/srv/files", "/srv/files/", "/srv/filesystem/a", "/srv/other", "/srv/files/../secret", "/srv/files/a/../../secret", "/srv/files/./a", "/srv/files//a",
        "/srv/files/a/", "srv/files/a", "/srv/files/..", "/srv/files/a\0b", "",
    ])
    func elsewhere(_ path: String) throws {
        #expect(try #require(AccelMapping("/srv/files=/protected")).location(of: path.utf8) == nil)
    }

    private func answer(_ path: String, status: Int = 200, isTrusted: Bool = true, mapped directory: String) throws -> Response {
        var response: Response?
        let app = httpApp { _, _, send in
            try await send.start(status, headers: ["content-type": "text/x", "content-length": "16"])
            try await send(.httpResponsePathsend(path: path))
        }
        try withMemoryConnection(app) {
            $0.accelMap = [AccelMapping(directory: "/nowhere", location: "/n"), AccelMapping(directory: directory, location: "/protected")].compactMap(\.self)
            if isTrusted { $0.forwardedAllowIPs = peers("unix:") }
        } _: { memory in
            memory.receive("GET / HTTP/1.1\r\nhost: a\r\n\r\n")
            response = memory.responses().first
            #expect(memory.isOpen)
        }
        return try #require(response)
    }

    @Test("are left to a trusted proxy, with the other fields of the response")
    func handedOver() throws {
        let file = try ContentFile("a file's content")
        let directory = String(file.path[..<(file.path.lastIndex(of: "/") ?? file.path.startIndex)])
        let name = file.path.dropFirst(directory.count + 1)
        let response = try answer(file.path, mapped: directory)
        #expect(response.status == 200 && response.text.isEmpty && response["content-length"] == "0")
        #expect(response["x-accel-redirect"] == "/protected/\(name)" && response["content-type"] == "text/x")
        #expect(file.openCount == 0)
    }

    @Test("are sent from here to everybody else, and if they are only a part of the response's")
    func sentHere() throws {
        let file = try ContentFile("a file's content")
        let directory = String(file.path[..<(file.path.lastIndex(of: "/") ?? file.path.startIndex)])
        for response in [try answer(file.path, isTrusted: false, mapped: directory), try answer(file.path, status: 206, mapped: directory), try answer(file.path, mapped: "/elsewhere")] {
            #expect(response.text == "a file's content" && response["x-accel-redirect"] == nil)
        }
    }
}
