import Glibc
import HTTPWire
import NIOCore
import Testing

@testable import Roost

@Suite("The body that a WSGI application returns")
struct WSGIBodyTests {
    private struct Failure: Error {}

    @Test("pieces are made as the client takes them, not ahead of it")
    func lazy() async throws {
        let made = Watched(0)
        let app: WSGIFramework = { _, startResponse in
            try startResponse("200 OK")
            return WSGIBody {
                guard made.value < 1000 else { return nil }
                made.add()
                return ByteBuffer(repeating: 0x78, count: 10_000)
            }
        }
        let connection = try await TestClient(app, wsgiConfig()).connect()
        connection.send("GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
        #expect(try await eventually { made.value > 3 })
        try await Task.sleep(for: .milliseconds(100))
        // The server's output and the connection's window, 64 KiB each, and a piece more for each.
        #expect(made.value < 20)
        #expect(try await connection.receiveAll().utf8.count > 10_000_000)
        #expect(made.value == 1000)
    }

    @Test("a piece is sent before the next one is asked for")
    func immediate() async throws {
        let gate = Gate()
        let app: WSGIFramework = { _, startResponse in
            try startResponse("200 OK")
            var turn = 0
            return WSGIBody {
                turn += 1
                if turn == 2 { try gate.wait() }
                return turn < 3 ? ByteBuffer(string: "piece\(turn)") : nil
            }
        }
        let connection = try await TestClient(app, wsgiConfig()).connect()
        connection.send("GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
        #expect(try await connection.receive(until: "piece1").contains("piece1"))
        gate.open()
        #expect(try await connection.receiveAll().contains("piece2"))
    }

    @Test("close is called exactly once, whatever becomes of the body", arguments: Ending.allCases)
    func close(ending: Ending) async throws {
        let closed = Watched(0)
        let log = LogCapture()
        let app: WSGIFramework = { _, startResponse in
            if ending != .notStarted { try startResponse("200 OK") }
            return ending.body { closed.add() }
        }
        let response = try? await TestClient(app, wsgiConfig(log: log)).request(ending == .head ? "HEAD" : "GET", "/")
        #expect(response?.status == ending.status)
        #expect(try await eventually { closed.value == 1 })
        try await Task.sleep(for: .milliseconds(20))
        #expect(closed.value == 1)
        #expect(log.errors.isEmpty == (ending.status == 200))
    }

    enum Ending: CaseIterable {
        case wholePiece, wholeList, wholeEmpty, lazyEnd, lazyEmpty, failsAtOnce, failsLater, notStarted, head

        var status: Int? {
            switch self {
            case .failsAtOnce, .notStarted: 500
            case .failsLater: nil
            default: 200
            }
        }

        func body(close: @escaping () -> Void) -> WSGIBody {
            switch self {
            case .wholePiece, .notStarted: return WSGIBody("x", close: close)
            case .wholeList: return WSGIBody([String](repeating: String(repeating: "x", count: 50_000), count: 3), close: close)
            case .wholeEmpty: return WSGIBody([] as [ByteBuffer], close: close)
            case .lazyEnd: return WSGIBody(lazy: [ByteBuffer(string: "x")], close: close)
            case .lazyEmpty: return WSGIBody(close: close) { nil }
            case .failsAtOnce: return WSGIBody(close: close) { throw Failure() }
            case .failsLater:
                var turn = 0
                return WSGIBody(close: close) {
                    turn += 1
                    guard turn < 3 else { throw Failure() }
                    return ByteBuffer(string: "x")
                }
            case .head: return WSGIBody(close: close) { ByteBuffer(string: "x") }
            }
        }
    }

    @Test("a client that leaves ends the body, which is closed, and nothing is logged", arguments: [false, true])
    func disconnect(byWrite: Bool) async throws {
        let log = LogCapture()
        let (made, closed) = (Watched(0), Watched(0))
        let app: WSGIFramework = { _, startResponse in
            let write = try startResponse("200 OK")
            let body = WSGIBody(close: { closed.add() }) {
                made.add()
                return ByteBuffer(repeating: 0x78, count: 10_000)
            }
            if byWrite {
                defer { closed.add() }
                while true { try write(ByteBuffer(repeating: 0x78, count: 10_000)) }
            }
            return body
        }
        let connection = try await TestClient(app, wsgiConfig(log: log)).connect()
        connection.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
        _ = try await connection.receive(until: "xxx")
        connection.disconnect()
        #expect(try await eventually { closed.value == 1 })
        let last = made.value
        try await Task.sleep(for: .milliseconds(30))
        #expect(made.value == last)
        #expect(log.errors.isEmpty)
    }

    @Test("an error that close throws is logged, and the client has its response")
    func failingClose() async throws {
        let log = LogCapture()
        let app: WSGIFramework = { _, startResponse in
            try startResponse("200 OK")
            return WSGIBody("whole", close: { throw Failure() })
        }
        #expect(try await TestClient(app, wsgiConfig(log: log)).get("/").text == "whole")
        #expect(try await eventually { log.errors.count == 1 })
    }

    @Test("close does not hold up the client")
    func slowClose() async throws {
        let gate = Gate()
        let app: WSGIFramework = { _, startResponse in
            try startResponse("200 OK")
            return WSGIBody("whole", close: { try gate.wait() })
        }
        let client = try TestClient(app, wsgiConfig())
        #expect(try await client.get("/").text == "whole")
        gate.open()
    }
}
