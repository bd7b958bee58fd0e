import HTTPWire
import NIOCore
import Testing

@testable import Roost

@Suite("Requests over HTTP/2")
struct HTTP2RequestTests {
    @Test("the application sees method, path, query, authority as host, scheme, version and fields")
    func scope() throws {
        let app = httpApp { scope, _, send in
            let fields = scope.headers.map { "\($0.name)=\($0.value)" }.joined(separator: ",")
            try await send.answer("\(scope.method) \(scope.path)?\(scope.queryString) \(scope.scheme) \(scope.httpVersion) \(fields)")
        }
        try withHTTP2(app) { client in
            client.begin()
            let answer = client.ask("PUT", "/a%20b?c=d", on: 1, authority: "shop.example:8080", [("x-one", "1"), ("accept", "*/*")])
            #expect(answer.status == 200 && answer.hasEnded && answer.reset == nil)
            #expect(answer.text == "PUT /a b?c=d http 2 host=shop.example:8080,x-one=1,accept=*/*")
        }
    }

    @Test("a response has the server's own fields, a length, and none of HTTP/1's fields for connections")
    func responseFields() throws {
        let app = httpApp { _, _, send in try await send.answer("hello", headers: ["Connection": "keep-alive", "X-Mine": "1"]) }
        try withHTTP2(app) { client in
            client.begin()
            let fields = client.ask(on: 1).fields
            #expect(fields["content-length"] == "5" && fields["x-mine"] == "1" && fields["server"] == "roost" && fields["date"]?.hasSuffix("GMT") == true)
            #expect(fields["connection"] == nil && fields["transfer-encoding"] == nil)
        }
    }

    @Test("the server's settings say what it takes, and the connection's window is wide")
    func settings() throws {
        try withHTTP2(Apps.hello, { $0.h2MaxConcurrentStreams = 7; $0.h2MaxHeaderListSize = 9000; $0.h2MaxInboundFrameSize = 20000 }) { client in
            client.begin()
            #expect(client.answers.settings[3] == 7 && client.answers.settings[6] == 9000 && client.answers.settings[5] == 20000)
            #expect(client.answers.settings[4] == 65536 && client.answers.settings[8] == 1)
            #expect(client.answers.settingsAcknowledgements == 1)
            #expect(client.answers.window == 1 << 20 - 65535)
        }
    }

    @Test("many requests on one connection are served, one after the other and at once")
    func many() throws {
        try withHTTP2(Apps.path) { client in
            client.begin()
            for number in 0..<50 { #expect(client.ask("GET", "/\(number)", on: UInt32(number * 2 + 1)).text == "/\(number)") }
            client.send((50..<100).flatMap { ClientFrame.request("GET", "/\($0)", on: UInt32($0 * 2 + 1)).bytes })
            for number in 50..<100 { #expect(client.answer(on: UInt32(number * 2 + 1)).text == "/\(number)") }
            #expect(client.isOpen)
        }
    }

    @Test("requests that come byte by byte are served as others are")
    func drip() throws {
        try withHTTP2(Apps.echo) { client in
            let bytes = ClientFrame.preface + ClientFrame.settings().bytes
                + ClientFrame.request("POST", on: 1, ends: false).bytes + ClientFrame.data("abc", on: 1, ends: true).bytes
            for byte in bytes { client.send([byte]) }
            #expect(client.answer(on: 1).text == "abc" && client.answer(on: 1).hasEnded)
        }
    }

    @Test("requests split into two reads at every place are served as others are")
    func split() throws {
        let bytes = ClientFrame.preface + ClientFrame.settings().bytes + ClientFrame.ping().bytes
            + ClientFrame.request("POST", on: 1, ends: false).bytes + ClientFrame.data("abc", on: 1, ends: true).bytes
        for place in 1..<bytes.count {
            try withHTTP2(Apps.echo) { client in
                client.send(Array(bytes[..<place]))
                client.send(Array(bytes[place...]))
                #expect(client.answer(on: 1).text == "abc" && client.answers.pings == ["12345678"], "split at \(place)")
            }
        }
    }

    @Test("cookies that came in pieces are one field for the application")
    func cookies() throws {
        let app = httpApp { scope, _, send in
            try await send.answer(scope.headers.filter { $0.name == "cookie" }.map(\.value).joined(separator: "|"))
        }
        try withHTTP2(app) { client in
            client.begin()
            #expect(client.ask(on: 1, [("cookie", "a=1"), ("x", "y"), ("cookie", "b=2; c=3")]).text == "a=1; b=2; c=3")
        }
    }

    @Test("host serves where :authority is missing, and must not name another")
    func host() throws {
        let app = httpApp { scope, _, send in try await send.answer(scope.headers["host"] ?? "none") }
        try withHTTP2(app) { client in
            client.begin()
            let line: ClientFrame.Fields = [(":method", "GET"), (":scheme", "http"), (":path", "/")]
            client.send(.headers(line + [("host", "one.example")], on: 1))
            #expect(client.answer(on: 1).text == "one.example")
            client.send(.headers(line + [(":authority", "one.example"), ("host", "ONE.example")], on: 3))
            #expect(client.answer(on: 3).text == "one.example")
            client.send(.headers(line + [("host", "two.example")], on: 5))
            #expect(client.answer(on: 5).text == "two.example")
            #expect(client.ask(on: 7, authority: "one.example", [("host", "two.example")]).reset == .protocolError)
            #expect(client.ask(on: 9, [("host", "test"), ("host", "test")]).reset == .protocolError)
            client.send(.headers(line, on: 11))
            #expect(client.answer(on: 11).reset == .protocolError)
            #expect(client.isOpen)
        }
    }

    @Test("CONNECT is answered with 501, and an unknown protocol on it too")
    func connect() throws {
        let calls = Watched(0)
        let app = httpApp { _, _, send in
            calls.add()
            try await send.answer("")
        }
        try withHTTP2(app) { client in
            client.begin()
            client.send(.headers([(":method", "CONNECT"), (":authority", "test:443")], on: 1, ends: false))
            #expect(client.answer(on: 1).status == 501)
            client.send(.headers([(":method", "CONNECT"), (":protocol", "connect-udp"), (":scheme", "http"), (":path", "/"), (":authority", "test")], on: 3, ends: false))
            #expect(client.answer(on: 3).status == 501)
            #expect(calls.value == 0)
            #expect(client.ask(on: 5).status == 200)
        }
    }

    @Test("what the strict parser refuses is answered as over HTTP/1.1, on its stream alone", arguments: [
        ("GET", "/a b", 0), ("GET", "a", 0), ("G T", "/", 0), ("GET", "/a#b", 400), ("GET", "/%", 400), ("OPTIONS", "*", 200),
    ])
    func refused(method: String, path: String, status: Int) throws {
        try withHTTP2(Apps.hello) { client in
            client.begin()
            let answer = client.ask(method, path, on: 1)
            #expect(answer.status == status && answer.reset == (status == 0 ? .protocolError : nil))
            #expect(client.ask(on: 3).text == "hello")
        }
    }

    @Test("a name that is none of server_names is answered with 421")
    func serverNames() throws {
        try withHTTP2(Apps.hello, { $0.serverNames = [ServerName("good.example")!] }) { client in
            client.begin()
            #expect(client.ask(on: 1, authority: "good.example").status == 200)
            #expect(client.ask(on: 3, authority: "bad.example").status == 421)
            #expect(client.isOpen)
        }
    }

    @Test("more requests than limit_concurrency says are answered with 503 and retry-after")
    func concurrency() throws {
        let gate = Gate()
        let app = httpApp { _, _, send in
            await gate.opened()
            try await send.answer("done")
        }
        try withHTTP2(app, { $0.limitConcurrency = 2 }) { client in
            client.begin()
            client.send(.request(on: 1), .request(on: 3), .request(on: 5))
            #expect(client.answer(on: 5).status == 503 && client.answer(on: 5).fields["retry-after"] == "1")
            gate.open()
            client.run()
            #expect(client.answer(on: 1).text == "done" && client.answer(on: 3).text == "done")
        }
    }
}
