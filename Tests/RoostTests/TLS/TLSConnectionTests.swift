import Glibc
import NIOCore
import NIOSSL
import Testing

@testable import Roost

@Suite("Connections over TLS")
struct TLSConnectionTests {
    private static let made = Result {
        let certificates = try Certificates()
        try certificates.sign("server", subject: "/CN=server", hosts: ["example.org"])
        return certificates
    }

    private let certificates: Certificates
    private let tls: TLSConfig

    init() throws {
        certificates = try Self.made.get()
        tls = TLSConfig(certificateFile: certificates.path("server.pem"), keyFile: certificates.path("server.key"))
    }

    private static let whoApp = httpApp { scope, _, send in
        try await send.answer("\(scope.client?.description ?? "nil") \(scope.scheme) \(scope.extensions.tls?.tlsVersion ?? 0)")
    }

    /// Serves over TLS in both kinds of loops, and hands `body` a way to connect.
    private func servingTLS(
        _ app: @escaping ASGIFramework, _ configure: @Sendable (inout Config) -> Void = { _ in },
        _ body: @escaping @Sendable (ServedApp, _ connect: @Sendable (_ preface: [UInt8], _ piece: Int) throws -> TLSClient) async throws -> Void
    ) async throws {
        let (tls, certificates) = (tls, certificates)
        try await servingByBoth(app, {
            $0.tls = tls
            configure(&$0)
        }) { served in
            let client = try TLSConfiguration.client(of: certificates)
            try await body(served) { try TLSClient(served.endpoint, client, preface: $0, piece: $1) }
        }
    }

    @Test("requests are answered however their bytes are split", arguments: [1, 7, 1000, .max])
    func pieces(_ piece: Int) async throws {
        try await servingTLS(Self.whoApp) { served, connect in
            let client = try connect([], piece)
            for _ in 0..<3 { #expect(try client.ask("/").text == "nil https \(0x0304)") }
            #expect("\(served.binds[0])".hasPrefix("https://unix:"))
            try served.logged("running on https://")
        }
    }

    @Test("a PROXY header comes before the handshake", arguments: [1, 30, .max])
    func proxyHeader(_ piece: Int) async throws {
        let header = Array("PROXY TCP4 203.0.113.7 192.0.2.1 51824 443\r\n".utf8)
        try await servingTLS(Self.whoApp, {
            $0.proxyProtocol = .required
            $0.proxyAllowFrom = [.unix]
        }) { served, connect in
            let client = try connect(header, piece)
            #expect(try client.ask("/").text == "203.0.113.7:51824 https \(0x0304)")
            // A handshake without it is not begun.
            #expect(throws: (any Error).self) { try connect([], piece) }
            try served.logged("there is no PROXY header")
        }
    }

    @Test("a PROXY header that may be there may be missing", arguments: [1, .max])
    func optionalProxyHeader(_ piece: Int) async throws {
        try await servingTLS(Self.whoApp, {
            $0.proxyProtocol = .auto
            $0.proxyAllowFrom = [.unix]
        }) { _, connect in
            let client = try connect([], piece)
            #expect(try client.ask("/").text == "nil https \(0x0304)")
        }
    }

    @Test("bodies of every size come back as they were sent", arguments: [1, 16 << 10, (64 << 10) + 1, 3_000_000])
    func echo(size: Int) async throws {
        try await servingTLS(Apps.echo) { _, connect in
            let client = try connect([], .max)
            let body = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 31) }
            for _ in 0..<2 {
                try client.send("POST / HTTP/1.1\r\nhost: a\r\ncontent-length: \(size)\r\n\r\n")
                try client.send(body)
                let isSame = try client.response().body == body
                #expect(isSame)
            }
        }
    }

    @Test("files are sent whole, and requests go on behind them")
    func file() async throws {
        let file = try ContentFile(length: 1_500_000)
        let app = httpApp { scope, _, send in
            guard scope.rawPath == "/file" else { return try await send.answer("hello") }
            try await send.start(headers: ["content-length": "\(file.content.count)"])
            try await send(.httpResponsePathsend(path: file.path))
        }
        try await servingTLS(app) { _, connect in
            let client = try connect([], .max)
            for _ in 0..<2 {
                try client.send("GET /file HTTP/1.1\r\nhost: a\r\n\r\nGET / HTTP/1.1\r\nhost: a\r\n\r\n")
                let isSame = try client.response().body == file.content
                #expect(isSame)
                #expect(try client.response().text == "hello")
            }
        }
    }

    @Test("the end of the last response is the end of TLS too")
    func closeNotify() async throws {
        try await servingTLS(Apps.hello) { _, connect in
            let client = try connect([], .max)
            #expect(try client.ask("/", fields: "connection: close\r\n").text == "hello")
            #expect(try client.isClosed() && client.sawCloseNotify)
        }
    }

    @Test("a client that sends nothing more gets the response to what it sent")
    func halfClose() async throws {
        let (inside, go) = (Gate(), Gate())
        let app = httpApp { _, _, send in
            inside.open()
            await go.opened()
            try await send.answer("hello")
        }
        let tls = tls
        let certificates = certificates
        try await serving(app, { $0.tls = tls }) { served in
            let client = try TLSClient(served.endpoint, .client(of: certificates))
            try client.send("GET / HTTP/1.1\r\nhost: a\r\n\r\n")
            try inside.wait()
            try client.halfClose()
            go.open()
            #expect(try client.response().text == "hello")
            #expect(try client.isClosed())
        }
    }

    @Test("an app is told of a client that is gone", arguments: [true, false])
    func abruptClient(byReset: Bool) async throws {
        let (inside, told) = (Gate(), Watched(false))
        let app = httpApp { _, receive, _ in
            _ = try await receive()
            inside.open()
            if case .httpDisconnect = try await receive() { told.change { $0 = true } }
        }
        let (tls, certificates) = (tls, certificates)
        try await serving(app, {
            $0.tls = tls
            $0.bind = [.anyLoopbackPort]
        }) { served in
            let client = try TLSClient(served.endpoint, .client(of: certificates))
            try client.send("GET / HTTP/1.1\r\nhost: a\r\n\r\n")
            try inside.wait()
            if byReset { try client.socket.reset() } else { client.socket.close() }
            try told.waitUntilTrue()
            // The next one is none the worse.
            #expect(served.log.errors.isEmpty)
        }
    }

    @Test("a handshake has its time", arguments: [[], [22, 3, 1], [22, 3, 1, 0, 100, 1, 0, 0, 96]])
    func handshakeTimeout(_ begin: [UInt8]) async throws {
        var tls = tls
        tls.handshakeTimeout = .milliseconds(200)
        let slow = tls
        try await servingTLS(Apps.hello, { $0.tls = slow }) { served, connect in
            let client = try served.connect()
            try client.send(begin)
            #expect(try client.isClosed())
            try served.logged("ssl_handshake_timeout")
            // A connection that has made it in time is not measured by it.
            let quick = try connect([], .max)
            usleep(300_000)
            #expect(try quick.ask("/").text == "hello")
        }
    }

    /// Sends without end, and counts what it was let.
    private static func stream(_ sent: Watched<Int>, _ ended: Gate) -> ASGIFramework {
        httpApp { _, _, send in
            defer { ended.open() }
            try await send.start()
            let piece = String(repeating: "x", count: 10_000)
            while true {
                try await send.piece(piece)
                sent.change { $0 += piece.utf8.count }
            }
        }
    }

    @Test("little is made for a client that takes nothing")
    func backPressure() async throws {
        let (sent, ended) = (Watched(0), Gate())
        try await servingTLS(Self.stream(sent, ended), { $0.disconnectGrace = .milliseconds(50) }) { _, connect in
            sent.change { $0 = 0 }
            let client = try connect([], .max)
            try client.send("GET / HTTP/1.1\r\nhost: a\r\n\r\n")
            try sent.wait { $0 > 0 }
            var last = 0
            while last != sent.value {
                last = sent.value
                usleep(500_000)
            }
            #expect(last < 2_000_000)
            client.socket.close()
            try ended.wait()
        }
    }

    @Test("a client that takes nothing of its response is cut off")
    func writeTimeout() async throws {
        let ended = Gate()
        try await servingTLS(Self.stream(Watched(0), ended), {
            $0.writeTimeout = .milliseconds(300)
            $0.disconnectGrace = .milliseconds(50)
        }) { served, connect in
            let client = try connect([], .max)
            try client.send("GET / HTTP/1.1\r\nhost: a\r\n\r\n")
            try served.logged("took nothing")
            try ended.wait()
        }
    }

    @Test("a client that reads slowly but steadily is not cut off")
    func slowReader() async throws {
        let app = httpApp { _, _, send in try await send.answer(String(repeating: "x", count: 1_500_000)) }
        try await servingTLS(app, { $0.writeTimeout = .milliseconds(500) }) { _, connect in
            let client = try connect([], .max)
            try client.send("GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n")
            var received = 0
            while received < 1_500_000 {
                let bytes = try client.receive()
                try #require(!bytes.isEmpty)
                received += bytes.count
                usleep(10_000)
            }
        }
    }

    @Test("a file larger than memory should hold is not encrypted ahead of its reader")
    func largeFile() async throws {
        let file = try ContentFile([], thenZeros: 1 << 30)
        let app = httpApp { _, _, send in
            try await send.start(headers: ["content-length": "\(1 << 30)"])
            try await send(.httpResponsePathsend(path: file.path))
        }
        let (tls, certificates) = (tls, certificates)
        try await serving(app, { $0.tls = tls }) { served in
            let client = try TLSClient(served.endpoint, .client(of: certificates))
            let before = residentBytes()
            try client.send("GET / HTTP/1.1\r\nhost: a\r\n\r\n")
            var received = 0
            while received < 8 << 20 {
                let bytes = try client.receive()
                try #require(!bytes.isEmpty)
                received += bytes.count
            }
            #expect(residentBytes() < before + (256 << 20))
        }
    }

    @Test("a server that stops ends idle connections and handshakes, and finishes requests")
    func drain() async throws {
        let (inside, go) = (Gate(), Gate())
        let app = httpApp { scope, _, send in
            if scope.rawPath == "/wait" {
                inside.open()
                await go.opened()
            }
            try await send.answer("hello")
        }
        let (tls, certificates) = (tls, certificates)
        try await serving(app, {
            $0.tls = tls
            $0.gracefulTimeout = .seconds(60)
        }) { served in
            let idle = try TLSClient(served.endpoint, .client(of: certificates))
            #expect(try idle.ask("/").text == "hello")
            let begun = try served.connect()
            try begun.send([22, 3, 1, 0])
            let busy = try TLSClient(served.endpoint, .client(of: certificates))
            try busy.send("GET /wait HTTP/1.1\r\nhost: a\r\n\r\n")
            try inside.wait()
            served.stop()
            #expect(try idle.isClosed() && idle.sawCloseNotify)
            #expect(try begun.isClosed())
            go.open()
            #expect(try busy.response().text == "hello")
            #expect(try busy.isClosed())
        }
    }

    @Test("a request in clear text is told so")
    func clearText() async throws {
        try await servingTLS(Apps.hello) { served, _ in
            let client = try served.connect()
            let response = try client.ask("/")
            #expect(response.status == 400 && response.text.contains("HTTPS"))
            try served.logged("clear text")
        }
    }

    @Test("what is no TLS, or breaks off, ends its own connection only", arguments: [
        [0, 0, 0, 0, 0], [22, 3, 1, 255, 255, 9, 9, 9], [23, 3, 3, 0, 1, 0], [21, 3, 3, 0, 2, 2, 40],
    ])
    func junk(_ bytes: [UInt8]) async throws {
        try await servingTLS(Apps.hello) { served, connect in
            let client = try served.connect()
            try client.send(bytes)
            client.halfClose()
            _ = try client.rest()
            let next = try connect([], .max)
            #expect(try next.ask("/").text == "hello")
        }
    }

    @Test("HTTP/2 is spoken with who asks for it")
    func http2() async throws {
        let (tls, certificates) = (tls, certificates)
        try await serving(Apps.hello, { $0.tls = tls }) { served in
            let client = try TLSClient(served.endpoint, .client(of: certificates, alpn: ["h2", "http/1.1"]))
            #expect(client.negotiated == "h2")
            try client.send(Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8) + [0, 0, 0, 4, 0, 0, 0, 0, 0])
            var received: [UInt8] = []
            while received.count < 9 {
                let bytes = try client.receive()
                try #require(!bytes.isEmpty)
                received += bytes
            }
            // The first frame is SETTINGS on the connection itself (RFC 9113 section 3.4).
            #expect(received[3] == 4 && received[5..<9].allSatisfy { $0 == 0 })
            let old = try TLSClient(served.endpoint, .client(of: certificates, alpn: ["http/1.1"]))
            #expect(old.negotiated == "http/1.1")
            #expect(try old.ask("/").text == "hello")
        }
    }
}

/// What this process occupies.
private func residentBytes() -> Int {
    let descriptor = open("/proc/self/statm", O_RDONLY | O_CLOEXEC)
    defer { close(descriptor) }
    var bytes = [UInt8](repeating: 0, count: 128)
    let count = max(0, read(descriptor, &bytes, bytes.count))
    let words = String(decoding: bytes.prefix(count), as: UTF8.self).split(separator: " ")
    return words.count > 1 ? (Int(words[1]) ?? 0) << 12 : 0
}
