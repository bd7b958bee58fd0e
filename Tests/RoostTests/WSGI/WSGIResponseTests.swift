import HTTPWire
import NIOCore
import Testing

@testable import Roost

@Suite("The response of a WSGI application")
struct WSGIResponseTests {
    private struct Failure: Error, Equatable {}

    private func get(_ app: @escaping WSGIFramework, method: String = "GET", log: LogCapture = LogCapture()) async throws -> TestResponse {
        try await TestClient(app, wsgiConfig(log: log)).request(method, "/")
    }

    @Test("a body in one piece gets its length")
    func onePiece() async throws {
        let response = try await get { _, startResponse in
            try startResponse("200 OK", ["content-type": "text/plain"])
            return "Hello World"
        }
        #expect(response.status == 200)
        #expect(response.headers["content-length"] == "11")
        #expect(response.headers["content-type"] == "text/plain")
        #expect(response.text == "Hello World")
    }

    @Test("a list of pieces gets their length together, small or large", arguments: [1, 50_000])
    func list(size: Int) async throws {
        let response = try await get { _, startResponse in
            try startResponse("200 OK")
            return WSGIBody([String(repeating: "a", count: size), "", String(repeating: "b", count: size)])
        }
        #expect(response.headers["content-length"] == "\(size * 2)")
        #expect(response.text == String(repeating: "a", count: size) + String(repeating: "b", count: size))
    }

    @Test("an empty body is a whole response", arguments: ["200 OK", "302 Found", "404 Not Found"])
    func empty(status: String) async throws {
        for body in [{ WSGIBody() }, { [] }, { "" }, { WSGIBody(close: {}) { nil } }] as [@Sendable () -> WSGIBody] {
            let response = try await get { _, startResponse in
                try startResponse(status)
                return body()
            }
            #expect("\(response.status)" == status.prefix(3))
            #expect(response.headers["content-length"] == "0")
        }
    }

    @Test("a status may come without a reason, and one without a body has none", arguments: ["204", "304 Not Modified"])
    func bodiless(status: String) async throws {
        for body in [{ [] }, { "ignored" }, { WSGIBody(lazy: [ByteBuffer(string: "ignored")]) }] as [@Sendable () -> WSGIBody] {
            let connection = try await TestClient({ _, startResponse in
                try startResponse(status)
                return body()
            } as WSGIFramework).connect()
            connection.send("GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
            let all = try await connection.receiveAll()
            #expect(all.hasPrefix("HTTP/1.1 \(status.prefix(3)) "))
            #expect(all.hasSuffix("\r\n\r\n"))
        }
    }

    @Test("a status that is none is an error", arguments: ["", "OK", "2000", "20", "200OK", "99 Low", "100 Continue", "600 High", "200 a\r\nb", "+20 x", "２００"])
    func junkStatus(status: String) async throws {
        let log = LogCapture()
        let response = try await get({ _, startResponse in
            try startResponse(status)
            return []
        }, log: log)
        #expect(response.status == 500)
        #expect(try await eventually { log.errors.count == 1 })
        #expect(log.errors.first?.message.contains("is no status") == true)
    }

    @Test("a second startResponse is an error, unless it brings the error that it answers")
    func startedTwice() async throws {
        let response = try await get { _, startResponse in
            try startResponse("200 OK", ["x-first": "1"])
            #expect(throws: WSGIError.startedTwice) { try startResponse("201 Created") }
            try startResponse("503 Service Unavailable", ["x-second": "1"], replacing: Failure())
            return "sorry"
        }
        #expect(response.status == 503)
        #expect(response.headers["x-first"] == nil)
        #expect(response.headers["x-second"] == "1")
        #expect(response.text == "sorry")
    }

    @Test("once the head is sent, an error passed to startResponse comes back")
    func tooLateToReplace() async throws {
        let log = LogCapture()
        await #expect(throws: TestClientError.self) {
            try await get({ _, startResponse in
                let write = try startResponse("200 OK")
                try write("begun")
                #expect(throws: WSGIError.startedTwice) { try startResponse("200 OK") }
                try startResponse("500 Oops", replacing: Failure())
                return []
            }, log: log)
        }
        #expect(try await eventually { log.errors.count == 1 })
        #expect(log.errors.first?.metadata["error_type"] == "Failure")
    }

    @Test("what is written comes before what is returned")
    func write() async throws {
        let response = try await get { _, startResponse in
            let write = try startResponse("200 OK")
            try write("one ")
            try write(ByteBuffer(string: "two "))
            return ["three ", "four"]
        }
        #expect(response.headers["content-length"] == nil)
        #expect(response.text == "one two three four")
    }

    @Test("the response begins with the first piece that is not empty")
    func delayedHead() async throws {
        let response = try await get { _, startResponse in
            let write = try startResponse("200 OK")
            try write("")
            var turn = 0
            return WSGIBody {
                turn += 1
                switch turn {
                case 1: return ByteBuffer()
                case 2:
                    try startResponse("418 I'm a teapot", replacing: Failure())
                    return ByteBuffer()
                case 3: return ByteBuffer(string: "tea")
                default: return nil
                }
            }
        }
        #expect(response.status == 418)
        #expect(response.text == "tea")
    }

    @Test("startResponse may be called as late as in the body's first piece")
    func lateStart() async throws {
        let response = try await get { _, startResponse in
            var isFirst = true
            return WSGIBody {
                guard isFirst else { return nil }
                isFirst = false
                try startResponse("202 Accepted")
                return ByteBuffer(string: "late")
            }
        }
        #expect(response.status == 202)
        #expect(response.text == "late")
    }

    @Test("an application that never calls startResponse fails", arguments: [false, true])
    func notStarted(lazy: Bool) async throws {
        let log = LogCapture()
        let response = try await get({ _, _ in lazy ? WSGIBody(lazy: [ByteBuffer(string: "x")]) : "x" }, log: log)
        #expect(response.status == 500)
        #expect(try await eventually { log.errors.count == 1 })
        #expect(log.errors.first?.message.contains("before it called startResponse") == true)
    }

    @Test("an application that throws before its body is answered with 500 and logged", arguments: [false, true])
    func failsEarly(started: Bool) async throws {
        let log = LogCapture()
        let response = try await get({ _, startResponse in
            if started { try startResponse("200 OK") }
            throw Failure()
        }, log: log)
        #expect(response.status == 500)
        #expect(try await eventually { log.errors.count == 1 })
        #expect(log.errors.first?.metadata["error_type"] == "Failure")
    }

    @Test("an application that throws within its body has its response broken off")
    func failsLate() async throws {
        let log = LogCapture()
        do {
            _ = try await get({ _, startResponse in
                try startResponse("200 OK")
                var isFirst = true
                return WSGIBody {
                    guard isFirst else { throw Failure() }
                    isFirst = false
                    return ByteBuffer(string: "begun")
                }
            }, log: log)
            Issue.record("the response was whole")
        } catch TestClientError.truncated(let partial) {
            #expect(partial?.status == 200)
            #expect(partial?.text == "begun")
        }
        #expect(try await eventually { log.errors.count == 1 })
    }

    @Test("a response to HEAD has the fields and no body, and a body that never ends is not waited for")
    func head() async throws {
        let known = try await get({ _, startResponse in
            try startResponse("200 OK")
            return "Hello World"
        }, method: "HEAD")
        #expect(known.status == 200)
        #expect(known.headers["content-length"] == "11")
        #expect(known.body.readableBytes == 0)
        let endless = try await get({ _, startResponse in
            try startResponse("200 OK")
            return WSGIBody { ByteBuffer(string: "x") }
        }, method: "HEAD")
        #expect(endless.status == 200)
    }

    @Test("a body longer than its content-length is an error that the application sees")
    func tooLong() async throws {
        let log = LogCapture()
        let seen = Watched<String?>(nil)
        await #expect(throws: TestClientError.self) {
            try await get({ _, startResponse in
                let write = try startResponse("200 OK", ["content-length": "3"])
                try write("ab")
                do {
                    try write("cd")
                } catch {
                    seen.value = "\(error)"
                    throw error
                }
                return []
            }, log: log)
        }
        #expect(seen.value?.contains("content-length of 3") == true)
        #expect(try await eventually { log.errors.count == 1 })
    }

    @Test("a body shorter than its content-length is broken off, so that the client notices")
    func tooShort() async throws {
        let log = LogCapture()
        await #expect(throws: TestClientError.self) {
            try await get({ _, startResponse in
                let write = try startResponse("200 OK", ["content-length": "3"])
                try write("ab")
                return []
            }, log: log)
        }
        #expect(try await eventually { log.errors.count == 1 })
    }

    @Test("a header field that cannot be sent is an error, and may still be replaced", arguments: ["a\r\nb: c", "\u{1}"])
    func badHeader(value: String) async throws {
        let plain = try await get { _, startResponse in
            try startResponse("200 OK", ["x": value])
            return "x"
        }
        #expect(plain.status == 500)
        let replaced = try await get { _, startResponse in
            let write = try startResponse("200 OK", ["x": value])
            do {
                try write("x")
            } catch {
                try startResponse("503", replacing: error)
            }
            return "sorry"
        }
        #expect(replaced.status == 503)
        #expect(replaced.text == "sorry")
    }

    @Test("what an application kept beyond its response does nothing but throw")
    func keptWrite() async throws {
        final class Kept: @unchecked Sendable { var write: WSGIWrite? }
        let kept = Kept()
        let response = try await get { _, startResponse in
            kept.write = try startResponse("200 OK")
            return WSGIBody("done", close: { #expect(throws: WSGIError.responseOver) { try kept.write?("more") } })
        }
        #expect(response.text == "done")
        #expect(try await eventually { kept.write != nil })
    }
}
