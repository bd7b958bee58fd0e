import FoundationEssentials
import NIOCore
import Roost
import Testing

@testable import RoostHost

@Suite("builtin:echo-wsgi")
struct EchoWSGIAppTests {
    private struct Answer: Decodable {
        var environ: [String: String]
        var body_len: Int
        var body_sha256: String
        var request_id: String
        var seq: Int
    }

    private func answer(_ response: TestResponse) throws -> Answer {
        #expect(response.status == 200)
        #expect(response.headers["content-type"] == "application/json")
        return try JSONDecoder().decode(Answer.self, from: Data(response.body.readableBytesView))
    }

    @Test("a request is echoed as the variables that it became")
    func variables() async throws {
        try await withTestClient(BuiltinApp.echoWSGI.framework) { client in
            let response = try await client.request("PATCH", "/a%20b?x=1", headers: ["x-quote": #"a"\"#], body: "abc")
            let answer = try answer(response)
            let expected = [
                "REQUEST_METHOD": "PATCH", "PATH_INFO": "/a b", "QUERY_STRING": "x=1", "CONTENT_LENGTH": "3", "HTTP_X_QUOTE": #"a"\"#,
                "REMOTE_ADDR": "127.0.0.1", "wsgi.url_scheme": "http",
            ]
            for (name, value) in expected { #expect(answer.environ[name] == value, "\(name)") }
            #expect(answer.body_len == 3)
            #expect(answer.body_sha256 == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
            #expect(response.headers["x-request-id"] == answer.request_id)
            #expect(answer.seq == 1)
        }
    }

    @Test("/__seen/TOKEN lists what came of that token")
    func seen() async throws {
        try await withTestClient(BuiltinApp.echoWSGI.framework) { client in
            _ = try await client.get("/token1?q")
            _ = try await client.post("/token2", body: "x")
            for _ in 0..<2 { #expect(try await client.get("/__seen/token1").text == #"["GET /token1"]"#) }
        }
    }
}
