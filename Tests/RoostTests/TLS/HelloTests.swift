import SeededRandom
import Testing

@testable import Roost

@Suite("The first bytes of a handshake")
struct HelloTests {
    /// A client's hello with these extensions, without its head.
    private static func hello(_ extensions: [UInt8]) -> [UInt8] {
        [3, 3] + [UInt8](repeating: 7, count: 32) + [0] + [0, 2, 0x13, 1] + [1, 0] + length(extensions)
    }

    private static func length(_ bytes: [UInt8]) -> [UInt8] { [UInt8(bytes.count >> 8), UInt8(bytes.count & 255)] + bytes }

    private static func name(_ text: String) -> [UInt8] { [0, 0] + length(length([0] + length(Array(text.utf8)))) }

    private static func record(_ content: [UInt8]) -> [UInt8] { [22, 3, 1] + length(content) }

    private static func message(_ body: [UInt8], kind: UInt8 = 1) -> [UInt8] { [kind, 0] + length(body) }

    @Test("the server's name is in lower case and without a dot at its end", arguments: [
        ("Example.ORG", "example.org"), ("example.org.", "example.org"), ("", nil), (".", nil), ("a b", nil), ("bücher.example", nil),
    ])
    func serverName(_ text: String, _ name: String?) throws {
        let hello = try #require(ClientHello(Self.hello(Self.name(text))))
        #expect(hello.serverName == name)
    }

    @Test("protocols are there if the client names some")
    func protocols() throws {
        let alpn: [UInt8] = [0, 16] + Self.length(Self.length([2] + Array("h2".utf8) + [1] + Array("x".utf8)))
        #expect(try #require(ClientHello(Self.hello(alpn))).applicationProtocols == [Array("h2".utf8), Array("x".utf8)])
        #expect(try #require(ClientHello(Self.hello([]))).applicationProtocols == nil)
    }

    @Test("a message is put together from any records and any pieces")
    func pieces() {
        let body = Self.hello(Self.name("example.org"))
        let message = Self.message(body)
        for size in [1, 2, 3, 5, 64, 1000] {
            let bytes = stride(from: 0, to: message.count, by: size).flatMap { Self.record(Array(message[$0..<min($0 + size, message.count)])) }
            for piece in [1, 4, 6, bytes.count] {
                var reader = FirstHandshakeMessage()
                var progress = FirstHandshakeMessage.Progress.needsMore
                for start in stride(from: 0, to: bytes.count, by: piece) {
                    #expect(progress == .needsMore)
                    progress = reader.read(Array(bytes[start..<min(start + piece, bytes.count)]).span)
                }
                #expect(progress == .message(kind: 1, body: body))
            }
        }
    }

    @Test("what is no record of a handshake, or too long, is unreadable", arguments: [
        [71], [22, 2], [22, 3, 1, 0, 0], [22, 3, 1, 0x40, 1], [22, 3, 1, 0, 4, 1, 1, 0, 0],
    ] as [[UInt8]])
    func unreadable(_ bytes: [UInt8]) {
        var reader = FirstHandshakeMessage()
        #expect(reader.read(bytes.span) == .unreadable)
    }

    @Test("a hello that is cut off anywhere is none, or has nothing beyond the cut")
    func truncated() {
        let body = Self.hello(Self.name("example.org"))
        for count in 0..<body.count { #expect(ClientHello(Array(body.prefix(count)))?.serverName == nil) }
    }

    @Test("the server's hello tells the cipher suite")
    func serverHello() {
        #expect(ServerHello([3, 3] + [UInt8](repeating: 1, count: 32) + [2, 9, 9] + [0xC0, 0x2F, 0])?.cipherSuite == 0xC02F)
        #expect(ServerHello([3, 3]) == nil)
    }

    @Test("nothing traps", arguments: 0..<20)
    func random(_ seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let sound = Self.record(Self.message(Self.hello(Self.name("example.org"))))
        for _ in 0..<500 {
            var bytes = sound
            for _ in 0...Int.random(in: 0...3, using: &generator) {
                bytes[Int.random(in: bytes.indices, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
            }
            bytes.removeLast(Int.random(in: 0..<bytes.count, using: &generator))
            var reader = FirstHandshakeMessage()
            if case .message(_, let body) = reader.read(bytes.span) {
                _ = ClientHello(body)
                _ = ServerHello(body)
            }
            _ = CertificateNames(bytes)
        }
    }
}
