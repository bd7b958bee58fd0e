import Testing

@testable import Roost

@Suite("Names under which a service may be asked for")
struct ServerNameTests {
    @Test("a name is compared without regard to case, its port only where it has one", arguments: [
        ("example.org", ["example.org", "EXAMPLE.org", "example.org:80", "example.org:8443"], ["", "www.example.org", "example.org.", "xexample.org", "example.com"]),
        ("Example.org:8443", ["example.org:8443"], ["example.org", "example.org:80"]),
        ("example.org:80", ["example.org", "example.org:80"], ["example.org:81"]),
        ("*.example.org", ["www.example.org", "a.b.EXAMPLE.ORG:1"], ["example.org", ".example.org", "www.example.com", "wwwexample.org"]),
        ("*.example.org:80", ["www.example.org"], ["www.example.org:81"]),
        ("192.0.2.1", ["192.0.2.1", "192.0.2.1:8000"], ["192.0.2.10"]),
        ("[2001:DB8::1]", ["[2001:db8::1]", "[2001:db8::1]:8000"], ["[2001:db8::2]", "2001:db8::1"]),
    ])
    func matching(_ text: String, _ served: [String], _ refused: [String]) throws {
        let names = [try #require(ServerName(text))]
        for host in served { #expect(names.contain(host, defaultPort: 80), "\(host)") }
        for host in refused { #expect(!names.contain(host, defaultPort: 80), "\(host)") }
        #expect(names[0].description.lowercased() == text.lowercased())
        #expect(ServerName(names[0].description) == names[0])
    }

    @Test("what is no name is none", arguments: [
        "", "*", "*.", "*.*.org", "a*.org", "http://example.org", "example.org/", "a b", "example.org:", "example.org:0", "example.org:65536", "::1", "[::1",
    ])
    func malformed(_ text: String) {
        #expect(ServerName(text) == nil)
    }

    @Test("a request for another host is answered 421 without the application, and logged")
    func refusal() throws {
        let log = LogCapture()
        let app = httpApp { _, _, send in try await send.answer("served") }
        let names = ["example.org", "*.example.net"].compactMap { ServerName($0) }
        try withMemoryConnection(app, log: log) { $0.serverNames = names } _: { memory in
            memory.receive("GET / HTTP/1.1\r\nhost: www.example.net\r\n\r\nGET http://example.org/ HTTP/1.1\r\nhost: example.org\r\n\r\n")
            #expect(memory.responses().map(\.text) == ["served", "served"] && memory.isOpen)
            memory.receive("POST / HTTP/1.1\r\nhost: example.com\r\ncontent-length: 5\r\n\r\nhello")
            let response = try #require(memory.responses().first)
            #expect(response.status == 421 && response.closes && memory.closesAfterOutput)
        }
        try withMemoryConnection(app) { $0.serverNames = names } _: { memory in
            memory.receive("GET / HTTP/1.0\r\n\r\n")
            #expect(memory.responses().first?.status == 421)
        }
        #expect(!log.lines(containing: "the host is none of server_names").isEmpty)
    }

    @Test("a host that a trusted proxy tells of counts, one that a client tells of does not")
    func forwarded() throws {
        let request = "GET / HTTP/1.1\r\nhost: backend\r\nx-forwarded-for: 192.0.2.1\r\nx-forwarded-host: example.org\r\n\r\n"
        for (trusted, status) in [([TrustedPeer.unix] as TrustedPeers, 200), ([], 421)] {
            try withMemoryConnection(Apps.hello) { config in
                config.serverNames = ["example.org"].compactMap { ServerName($0) }
                config.forwardedAllowIPs = trusted
                config.forwardedHeaders = [.xForwardedFor, .xForwardedHost]
            } _: { memory in
                memory.receive(request)
                #expect(memory.responses().first?.status == status)
            }
        }
    }
}
