import Glibc
import HTTPWire
import NIOCore
import Testing

@testable import Roost

@Suite("The body of a request to a WSGI application")
struct WSGIInputTests {
    @Test("a mebibyte passes a slow reader in small pieces, and none of it is lost")
    func slowReader() async throws {
        let body = ByteBuffer(bytes: (0..<(1 << 20)).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ $0 >> 8) })
        let largest = Watched(0)
        let app: WSGIFramework = { environment, startResponse in
            var all = ByteBuffer()
            while let piece = try environment.input.readPiece() {
                largest.change { $0 = max($0, piece.readableBytes) }
                all.writeImmutableBuffer(piece)
                usleep(2000)
            }
            try startResponse("200 OK")
            return WSGIBody(all)
        }
        let response = try await TestClient(app, wsgiConfig()).post("/", body: body)
        #expect(response.body == body)
        // What may wait in the server, and one read more.
        #expect(largest.value <= 128 << 10)
    }

    @Test("read gives exactly as many bytes as are asked for, fewer only at the end")
    func exactReads() async throws {
        let app = answering { environment in
            let input = environment.input
            let (first, none, second) = (try input.read(3), try input.read(0), try input.read(4))
            let (rest, end) = (try input.read(), try input.read(5))
            return [first, none, second, rest, end].map { String(buffer: $0) }.joined(separator: "|")
        }
        let connection = try await TestClient(app).connect()
        connection.send("POST / HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Length: 10\r\n\r\n01")
        try await Task.sleep(for: .milliseconds(20))
        connection.send("2345")
        try await Task.sleep(for: .milliseconds(20))
        connection.send("6789")
        #expect(try await connection.receiveAll().hasSuffix("\r\n\r\n012||3456|789|"))
    }

    @Test("lines are found across pieces, and a long one is broken at the limit")
    func lines() async throws {
        let app = answering { environment in
            var lines: [String] = []
            while let line = try environment.input.readLine(limit: 8) { lines.append(String(buffer: line)) }
            return lines.joined(separator: "|")
        }
        let connection = try await TestClient(app).connect()
        connection.send("POST / HTTP/1.1\r\nHost: h\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n")
        for piece in ["a", "b\ncd", "\n", "\n", "0123456789", "end"] {
            connection.send("\(String(piece.utf8.count, radix: 16))\r\n\(piece)\r\n")
            try await Task.sleep(for: .milliseconds(5))
        }
        connection.send("0\r\n\r\n")
        #expect(try await connection.receiveAll().hasSuffix("\r\n\r\nab\n|cd\n|\n|01234567|89end"))
    }

    @Test("each line is given in turn")
    func forEachLine() async throws {
        let app = answering { environment in
            var count = 0
            try environment.input.forEachLine { _ in count += 1 }
            return "\(count)"
        }
        #expect(try await TestClient(app).post("/", body: "a\nb\nc").text == "3")
        #expect(try await TestClient(app).get("/").text == "0")
    }

    @Test("a client that leaves within its body ends the read with an error, and nothing is logged")
    func disconnect() async throws {
        let log = LogCapture()
        let caught = Watched<WSGIError?>(nil)
        let app: WSGIFramework = { environment, _ in
            do {
                _ = try environment.input.read()
                return []
            } catch {
                caught.value = error as? WSGIError
                #expect(throws: WSGIError.disconnected) { try environment.input.readLine() }
                throw error
            }
        }
        let client = try TestClient(app, wsgiConfig(log: log))
        let connection = await client.connect()
        connection.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nabc")
        try await Task.sleep(for: .milliseconds(20))
        connection.disconnect()
        #expect(try await eventually { caught.value == .disconnected })
        try await Task.sleep(for: .milliseconds(20))
        #expect(log.errors.isEmpty)
    }

    @Test("a client that waits for 100 Continue gets it when the application reads, and not before")
    func expectation() async throws {
        let gate = Gate()
        let app = answering { environment in
            try gate.wait()
            return String(buffer: try environment.input.read())
        }
        let connection = try await TestClient(app).connect()
        connection.send("POST / HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n")
        try await Task.sleep(for: .milliseconds(50))
        gate.open()
        #expect(try await connection.receive(until: "\r\n\r\n").hasPrefix("HTTP/1.1 100 "))
        connection.send("abc")
        #expect(try await connection.receiveAll().hasSuffix("\r\n\r\nabc"))
    }

    @Test("a body that the application leaves unread does not spoil the next request")
    func unread() async throws {
        let app = answering { $0.pathInfo }
        let connection = try await TestClient(app).connect()
        connection.send("POST /one HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabcGET /two HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
        let all = try await connection.receiveAll()
        #expect(all.contains("/one"))
        #expect(all.hasSuffix("/two"))
    }
}
