import HTTPWire
import NIOCore
import ProxyProtocol
import Testing

@testable import Roost

@Suite("A connection that begins with a PROXY header")
struct ProxyConnectionTests {
    private static let request = "GET /p HTTP/1.1\r\nhost: a\r\n\r\n"
    private static let v1 = Array("PROXY TCP4 203.0.113.7 192.0.2.1 51824 443\r\n".utf8)
    private static let addresses = ProxyAddresses.ipv4(
        source: IPEndpoint(IPv4Address(bits: 0xCB00_7107), port: 51824), destination: IPEndpoint(IPv4Address(bits: 0xC000_0201), port: 443), .stream)
    private static let v2 = try! ProxyHeader.v2(addresses, tlvs: [ProxyTLV(.uniqueID, "conn-1"), .checksum]).encoded()

    /// Answers with who is calling.
    private static let whoApp = httpApp { scope, _, send in
        try await send.answer("\(scope.client?.description ?? "nil") \(scope.server?.description ?? "nil") \(scope.scheme)")
    }
    private static let neverApp = httpApp { _, _, _ in Issue.record("the application saw a request that must not run") }

    private func connection(
        _ app: @escaping ASGIFramework = whoApp, mode: ProxyProtocolMode, from peer: Endpoint? = nil, log: LogCapture = LogCapture(),
        _ configure: (inout Config) -> Void = { _ in }, _ body: (MemoryConnection) throws -> Void
    ) throws {
        let server = Endpoint(host: peer == nil ? "/test.sock" : "127.0.0.1", port: peer == nil ? nil : 8000)
        try withMemoryConnection(
            app, from: peer, to: server, log: log,
            {
                $0.proxyProtocol = mode
                configure(&$0)
            }, body)
    }

    @Test("is served for the client that the header names, with all its requests", arguments: [
        (ProxyProtocolMode.auto, v1), (.auto, v2), (.required, v1), (.required, v2), (.v1, v1), (.v2, v2),
    ])
    func served(_ mode: ProxyProtocolMode, _ header: [UInt8]) throws {
        try connection(mode: mode) { memory in
            memory.receive(header + Array((Self.request + Self.request).utf8))
            memory.receive(Self.request)
            #expect(memory.responses().map(\.text) == Array(repeating: "203.0.113.7:51824 192.0.2.1:443 http", count: 3))
            #expect(memory.isOpen)
        }
    }

    @Test("may bring it in any two pieces, or byte by byte", arguments: [v1, v2])
    func pieces(_ header: [UInt8]) throws {
        let bytes = header + Array(Self.request.utf8)
        for cut in 1..<bytes.count {
            try connection(mode: .required) { memory in
                memory.receive(Array(bytes[..<cut]))
                memory.receive(Array(bytes[cut...]))
                #expect(memory.responses().map(\.text) == ["203.0.113.7:51824 192.0.2.1:443 http"], "cut at \(cut)")
            }
        }
        try connection(mode: .required) { memory in
            for byte in bytes { memory.receive([byte]) }
            #expect(memory.responses().map(\.status) == [200])
        }
    }

    @Test("without one is served under the peer's own address where there need be none, in any two pieces")
    func without() throws {
        for text in [Self.request, "\r\n" + Self.request, "P / HTTP/1.1\r\nhost: a\r\n\r\n", "PROXIED / HTTP/1.1\r\nhost: a\r\n\r\n"] {
            let bytes = Array(text.utf8)
            for cut in 1..<bytes.count {
                try connection(mode: .auto, from: Endpoint(host: "127.0.0.1", port: 4711)) { memory in
                    memory.receive(Array(bytes[..<cut]))
                    memory.receive(Array(bytes[cut...]))
                    #expect(memory.responses().map(\.text) == ["127.0.0.1:4711 127.0.0.1:8000 http"], "\(text) cut at \(cut)")
                }
            }
        }
    }

    @Test("keeps the real peer where the header does not tell of one", arguments: [
        Array("PROXY UNKNOWN\r\n".utf8), Array("PROXY UNKNOWN ffff::1 ffff::2 1 2\r\n".utf8),
        try! ProxyHeader.local().encoded(), try! ProxyHeader.v2(.unspecified).encoded(),
    ])
    func unspecified(_ header: [UInt8]) throws {
        try connection(mode: .required, from: Endpoint(host: "127.0.0.9", port: 4711)) { memory in
            memory.receive(header + Array(Self.request.utf8))
            #expect(memory.responses().map(\.text) == ["127.0.0.9:4711 127.0.0.1:8000 http"])
        }
        try connection(mode: .required) { memory in
            memory.receive(header + Array(Self.request.utf8))
            #expect(memory.responses().map(\.text) == ["nil unix:/test.sock http"])
        }
    }

    @Test("believes no forwarded fields that come for somebody whom the header can't name", arguments: [
        Array("PROXY UNKNOWN\r\n".utf8), try! ProxyHeader.v2(.unspecified).encoded(), try! ProxyHeader.v2(.unix(source: .unnamed, destination: .unnamed, .stream)).encoded(),
    ])
    func unnamed(_ header: [UInt8]) throws {
        let request = "GET / HTTP/1.1\r\nhost: a\r\nx-forwarded-for: 6.6.6.6\r\nx-forwarded-proto: https\r\nx-request-id: evil\r\n\r\n"
        try connection(mode: .required) { $0.forwardedAllowIPs = [.unix] } _: { memory in
            memory.receive(header + Array(request.utf8))
            let response = try #require(memory.responses().first)
            #expect(response.text == "nil unix:/test.sock http")
            #expect(response["x-request-id"] != "evil")
        }
        try connection(mode: .required) { $0.forwardedAllowIPs = [.unix] } _: { memory in
            memory.receive(try ProxyHeader.local().encoded() + Array(request.utf8))
            #expect(memory.responses().first?.text == "6.6.6.6:0 unix:/test.sock https")
        }
    }

    @Test("takes nothing from a header about the proxy's own connection but that it is one")
    func local() throws {
        let ssl = ProxySSL(client: [.ssl], verify: 0, tlvs: [ProxyTLV(.sslVersion, "TLSv1.3")])
        let header = try ProxyHeader.local(tlvs: [ssl.tlv(), ProxyTLV(.uniqueID, "evil")]).encoded()
        let app = httpApp { scope, _, send in
            #expect(scope.extensions.tls == nil && scope.extensions.proxyProtocol?.command == .local)
            try await send.answer(scope.scheme)
        }
        try connection(app, mode: .v2) { memory in
            memory.receive(header + Array(Self.request.utf8))
            let response = try #require(memory.responses().first)
            #expect(response.text == "http" && response["x-request-id"] != "evil")
        }
    }

    @Test("knows no client's address if the header names a Unix socket")
    func unixAddresses() throws {
        let header = try ProxyHeader.v2(.unix(source: .unnamed, destination: UnixAddress(path: "/front.sock")!, .stream)).encoded()
        try connection(mode: .v2, from: Endpoint(host: "127.0.0.9", port: 4711)) { memory in
            memory.receive(header + Array(Self.request.utf8))
            #expect(memory.responses().map(\.text) == ["nil unix:/front.sock http"])
        }
    }

    @Test("gives an IPv4 client that is mapped into IPv6 its own address")
    func mapped() throws {
        try connection(mode: .v1) { memory in
            memory.receive("PROXY TCP6 ::ffff:203.0.113.7 2001:db8::1 1 443\r\n" + Self.request)
            #expect(memory.responses().map(\.text) == ["203.0.113.7:1 [2001:db8::1]:443 http"])
        }
    }

    @Test("is https if the header says that the client spoke TLS")
    func tls() throws {
        let ssl = ProxySSL(client: [.ssl], verify: 0, tlvs: [ProxyTLV(.sslVersion, "TLSv1.3")])
        let header = try ProxyHeader.v2(Self.addresses, tlvs: [ssl.tlv()]).encoded()
        let seen = Watched<[String]>([])
        let app = httpApp { scope, _, send in
            seen.change { $0.append("\(scope.scheme) \(scope.extensions.tls?.tlsVersion ?? 0)") }
            #expect(scope.extensions.proxyProtocol?.version == .v2)
            #expect(scope.extensions["tls"] is TLSExtension && scope.extensions["proxy_protocol"] is ProxyHeader)
            try await send.answer("")
        }
        try connection(app, mode: .v2) { $0.receive(header + Array(Self.request.utf8)) }
        #expect(seen.value == ["https \(0x0304)"])
    }

    @Test("tells nothing of TLS if forwarded fields name a client behind the proxy that the header is about")
    func tlsOfAnotherProxy() throws {
        let ssl = ProxySSL(client: [.ssl, .certificateOnConnection], verify: 0, tlvs: [ProxyTLV(.sslVersion, "TLSv1.3"), ProxyTLV(.sslCommonName, "proxy")])
        let header = try ProxyHeader.v2(Self.addresses, tlvs: [ssl.tlv()]).encoded()
        let app = httpApp { scope, _, send in
            try await send.answer("\(scope.scheme) \(scope.extensions.tls?.clientCertificateName ?? "nil") \(scope.extensions.proxyProtocol?.ssl?.commonName ?? "nil")")
        }
        let trusted = try TrustedPeers([TrustedPeer("203.0.113.7")])
        try connection(app, mode: .v2) { $0.forwardedAllowIPs = trusted } _: { memory in
            memory.receive(header + Array("GET / HTTP/1.1\r\nhost: a\r\nx-forwarded-for: 198.51.100.9\r\n\r\n".utf8))
            memory.receive("GET / HTTP/1.1\r\nhost: a\r\nx-forwarded-for: 198.51.100.9\r\nx-forwarded-proto: https\r\n\r\n")
            memory.receive(Self.request)
            #expect(memory.responses().map(\.text) == ["http nil proxy", "https nil proxy", "https CN=proxy proxy"])
        }
    }

    @Test("is refused with 400, one line in the log, and no request run", arguments: [
        (ProxyProtocolMode.v1, v2, "is of version v2, and only v1"),
        (.v2, v1, "is of version v1, and only v2"),
        (.required, [], "there is no PROXY header"),
        (.v1, [], "there is no PROXY header"),
        (.v2, [], "there is no PROXY header"),
        (.off, v1, "which this bind does not take"),
        (.off, v2, "which this bind does not take"),
        (.required, v1 + v1, "a second PROXY header"),
        (.required, v2 + v1, "a second PROXY header"),
        (.auto, Array("PROXY TCP4 203.0.113.7 192.0.2.1 51824 0443\r\n".utf8), "malformed PROXY v1 header"),
        (.auto, Array("PROXY TCP4 203.0.113.7\r\n".utf8), "malformed PROXY v1 header"),
        (.required, Array("PROXY UNKNOWN \(String(repeating: "x", count: 100))".utf8), "malformed PROXY v1 header"),
        (.required, v2[..<12] + [0x31, 0x11, 0, 12] + [UInt8](repeating: 1, count: 12), "malformed PROXY v2 header"),
        (.auto, v2[..<12] + [0x21, 0x11, 0xFF, 0xFF], "malformed PROXY v2 header"),
        (.auto, v2.dropLast() + [v2.last! ^ 1], "checksum"),
    ] as [(ProxyProtocolMode, [UInt8], String)])
    func refused(_ mode: ProxyProtocolMode, _ header: [UInt8], _ reason: String) throws {
        let log = LogCapture()
        try connection(Self.neverApp, mode: mode, log: log) { memory in
            memory.receive(header + Array(Self.request.utf8))
            let response = try #require(memory.responses().first)
            #expect(response.status == 400 && response.closes)
            #expect(memory.closesAfterOutput && !memory.connection.wantsRead)
            memory.receive(Self.request)
            #expect(memory.written() == "")
        }
        #expect(log.lines.count == 1)
        let line = try #require(log.lines.first)
        #expect(line.message.contains(reason), "\(line.message)")
        #expect(line.metadata["status"] == "400" && line.metadata["client"] != nil)
    }

    @Test("is closed without a word if the header comes from somebody who may not send one, and logged", arguments: [ProxyProtocolMode.auto, .required, .v1])
    func forbidden(_ mode: ProxyProtocolMode) throws {
        let log = LogCapture()
        for header in [Self.v1, Array("PROXY nonsense\r\n".utf8)] {
            try connection(Self.neverApp, mode: mode, from: Endpoint(host: "198.51.100.4", port: 1), log: log) { memory in
                memory.receive(header + Array(Self.request.utf8))
                #expect(memory.closesNow)
                #expect(memory.written() == "")
            }
        }
        #expect(log.lines(containing: "proxy_allow_from").map { $0.metadata["client"] } == ["198.51.100.4", "198.51.100.4"])
    }

    @Test("may come from whoever is allowed to", arguments: [
        (Endpoint(host: "10.1.2.3", port: 1), "10.0.0.0/8"), (Endpoint(host: "2001:db8::7", port: 1), "2001:db8::/32"), (Endpoint(host: "::ffff:10.1.2.3", port: 1), "10.1.2.3"),
        (Endpoint(host: "198.51.100.4", port: 1), "*"), (nil, "unix:"),
    ])
    func allowed(_ peer: Endpoint?, _ trusted: String) throws {
        let peers = try TrustedPeers([TrustedPeer(trusted)])
        try connection(mode: .required, from: peer) { $0.proxyAllowFrom = peers } _: { memory in
            memory.receive(Self.v1 + Array(Self.request.utf8))
            #expect(memory.responses().map(\.status) == [200])
        }
    }

    @Test("from somebody who may not send a header is served without one where there need be none")
    func autoFromAnybody() throws {
        try connection(mode: .auto, from: Endpoint(host: "198.51.100.4", port: 7)) { memory in
            memory.receive(Self.request)
            #expect(memory.responses().map(\.text) == ["198.51.100.4:7 127.0.0.1:8000 http"])
        }
    }

    @Test("that brings its header too slowly gets 408, and one that brings nothing is closed")
    func late() throws {
        let log = LogCapture()
        try connection(Self.neverApp, mode: .required, log: log) { memory in
            memory.receive(Array(Self.v1.dropLast()))
            memory.connection.deadlineReached()
            #expect(memory.responses().map(\.status) == [408])
            #expect(memory.closesAfterOutput)
        }
        #expect(log.lines(containing: "PROXY header did not arrive in time").count == 1)
        try connection(Self.neverApp, mode: .required, log: log) { memory in
            memory.connection.deadlineReached()
            #expect(memory.written() == "" && memory.closesAfterOutput)
        }
        try connection(Self.neverApp, mode: .required, log: log) { memory in
            memory.receive(Array(Self.v2.prefix(20)))
            memory.connection.readEnded()
            #expect(memory.written() == "" && memory.closesAfterOutput)
        }
        #expect(log.lines(containing: "ended within its PROXY header").count == 1)
        #expect(log.lines.count == 2)
    }

    @Test("has the time of a request's head for header and request together")
    func deadline() throws {
        try connection(mode: .required) { $0.headerTimeout = .seconds(7) } _: { memory in
            let deadline = memory.connection.deadline
            memory.receive(Array(Self.v1.prefix(5)))
            #expect(memory.connection.deadline == deadline)
            memory.receive(Array(Self.v1.dropFirst(5)))
            #expect(memory.connection.deadline == deadline)
        }
    }

    @Test("calls its requests as the proxy calls the connection, and numbers the later ones")
    func uniqueID() throws {
        try connection(mode: .v2) { memory in
            memory.receive(Self.v2 + Array((Self.request + Self.request).utf8))
            #expect(memory.responses().map { $0["x-request-id"] } == ["conn-1", "conn-1-2"])
        }
    }
}
