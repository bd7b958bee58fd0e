import Glibc
import HTTPWire
import NIOCore
import Testing

@testable import Roost

@Suite("Bodies that the application leaves unread", .timeLimit(.minutes(1)))
struct UnreadBodyTests {
    @Test("a small rest is thrown away, and the connection goes on", arguments: ["content-length: 20000", "transfer-encoding: chunked"])
    func small(framing: String) async throws {
        try await serving(Apps.path) { served in
            let client = try served.connect()
            for _ in 0..<3 {
                try client.send("POST /one HTTP/1.1\r\nhost: a\r\n\(framing)\r\n\r\n")
                let response = try client.response()
                #expect(response.text == "/one" && !response.closes)
                let body = String(repeating: "b", count: 20_000)
                try client.send(framing.hasPrefix("t") ? "4e20\r\n\(body)\r\n0\r\n\r\n" : body)
            }
            #expect(try client.ask("/two").text == "/two")
        }
    }

    @Test("a large rest ends the connection; the answer arrives although the client goes on sending", arguments: [false, true])
    func large(onTCP: Bool) async throws {
        try await serving(Apps.path, { if onTCP { $0.bind = [.anyLoopbackPort] } }) { served in
            let client = try served.connect()
            try client.send("POST /one HTTP/1.1\r\nhost: a\r\ncontent-length: 10000000\r\n\r\n")
            #expect(try client.sendWhatIsTaken(of: 500_000) > 100_000)
            let response = try client.response()
            #expect(response.text == "/one" && response.closes)
            #expect(try client.isClosed())
        }
    }

    @Test("a large chunked rest ends the connection once it is seen to be large")
    func largeChunked() async throws {
        try await serving(Apps.path) { served in
            let client = try served.connect()
            try client.send("POST /one HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n")
            #expect(try client.response().text == "/one")
            let chunk = "4e20\r\n\(String(repeating: "b", count: 20_000))\r\n"
            for _ in 0..<10 { guard (try? client.send(chunk)) != nil else { break } }
            #expect(try client.isClosed())
        }
    }

    @Test("a body that is too large is refused while the client still sends it", arguments: [false, true])
    func tooLarge(onTCP: Bool) async throws {
        try await serving(Apps.echo, { $0.maxBodySize = 100_000; if onTCP { $0.bind = [.anyLoopbackPort] } }) { served in
            let announced = try served.connect()
            try announced.send("POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 100001\r\n\r\n\(String(repeating: "b", count: 50_000))")
            #expect(try announced.response().status == 413)
            #expect(try announced.isClosed())

            let chunked = try served.connect()
            try chunked.send("POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n")
            let chunk = "4e20\r\n\(String(repeating: "b", count: 20_000))\r\n"
            for _ in 0..<8 { guard (try? chunked.send(chunk)) != nil else { break } }
            #expect(try chunked.response().status == 413)
            #expect(try chunked.isClosed())
            try served.logged("max_body_size")
        }
    }
}
