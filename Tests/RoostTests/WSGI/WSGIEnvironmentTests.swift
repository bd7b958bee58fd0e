import HTTPWire
import NIOCore
import Testing

@testable import Roost

@Suite("The WSGI environment")
struct WSGIEnvironmentTests {
    /// What an application finds in its environment for these bytes.
    private func variables(
        of request: String,
        client: Endpoint? = Endpoint(host: "192.0.2.7", port: 4711),
        address: Endpoint = Endpoint(host: "192.0.2.1", port: 8000),
        rootPath: String = ""
    ) async throws -> [String: String] {
        let found = Watched<[String: String]>([:])
        var config = wsgiConfig()
        config.rootPath = rootPath
        let app: WSGIFramework = { environment, startResponse in
            found.value = environment.variables
            try startResponse("204")
            return []
        }
        let connection = try await TestClient(.wsgi(app), config, client: client, address: address).connect()
        connection.send(request)
        _ = try await connection.receive(until: "\r\n\r\n")
        return found.value
    }

    @Test("a request's variables are those of PEP 3333, and all are strings")
    func table() async throws {
        let variables = try await variables(
            of: "POST /a%20b/c?x=1&y=%20 HTTP/1.1\r\nHost: example.org:81\r\nContent-Type: text/plain\r\nContent-Length: 3\r\nX-Foo: bar\r\n\r\nabc"
        )
        #expect(variables == [
            "REQUEST_METHOD": "POST", "SCRIPT_NAME": "", "PATH_INFO": "/a b/c", "QUERY_STRING": "x=1&y=%20",
            "CONTENT_TYPE": "text/plain", "CONTENT_LENGTH": "3",
            "SERVER_NAME": "192.0.2.1", "SERVER_PORT": "8000", "SERVER_PROTOCOL": "HTTP/1.1",
            "REMOTE_ADDR": "192.0.2.7", "REMOTE_PORT": "4711", "wsgi.url_scheme": "http",
            "HTTP_HOST": "example.org:81", "HTTP_X_FOO": "bar",
        ])
    }

    @Test("a bare HTTP/1.0 request has no variables for what it does not say")
    func bare() async throws {
        let variables = try await variables(of: "GET / HTTP/1.0\r\n\r\n")
        #expect(variables["SERVER_PROTOCOL"] == "HTTP/1.0")
        #expect(variables["QUERY_STRING"] == "")
        #expect(variables["CONTENT_LENGTH"] == nil)
        #expect(variables["CONTENT_TYPE"] == nil)
        #expect(!variables.keys.contains { $0.hasPrefix("HTTP_") })
    }

    @Test("on a Unix socket the client's address is empty and there is no port, and the server has a name all the same")
    func unixSocket() async throws {
        let variables = try await variables(
            of: "GET / HTTP/1.1\r\nHost: h\r\n\r\n", client: nil, address: Endpoint(host: "/run/app.sock", port: nil)
        )
        #expect(variables["REMOTE_ADDR"] == "")
        #expect(variables["REMOTE_PORT"] == nil)
        #expect(variables["SERVER_NAME"] == "localhost")
        #expect(variables["SERVER_PORT"] == "80")
    }

    @Test("a field with an underscore in its name cannot pose as one with a dash")
    func underscores() async throws {
        let variables = try await variables(
            of: "GET / HTTP/1.1\r\nHost: h\r\nX_Real_IP: evil\r\nX-Real-IP: good\r\nX_Other: evil\r\n\r\n"
        )
        #expect(variables["HTTP_X_REAL_IP"] == "good")
        #expect(variables["HTTP_X_OTHER"] == nil)
    }

    @Test("fields of one name are joined, cookies in their own way")
    func duplicates() async throws {
        let variables = try await variables(
            of: "GET / HTTP/1.1\r\nHost: h\r\nAccept: a\r\nCookie: x=1\r\naccept: b\r\nCOOKIE: y=2\r\n\r\n"
        )
        #expect(variables["HTTP_ACCEPT"] == "a,b")
        #expect(variables["HTTP_COOKIE"] == "x=1; y=2")
    }

    @Test("a body in chunks has no length, and its input ends all the same")
    func chunked() async throws {
        let variables = try await variables(
            of: "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n"
        )
        #expect(variables["CONTENT_LENGTH"] == nil)
        #expect(variables["HTTP_TRANSFER_ENCODING"] == "chunked")
    }

    @Test("the mount point is split off the path where a segment ends", arguments: [
        ("/app/x", "/app", "/x"), ("/app", "/app", ""), ("/app/", "/app", "/"), ("/apple", "/app", "/apple"), ("/x", "/app", "/x"),
        ("/", "/app", "/"), ("/a/b/c", "/a/b", "/c"), ("/a/bc", "/a/b", "/a/bc"), ("/x", "", "/x"),
    ])
    func mount(path: String, rootPath: String, pathInfo: String) async throws {
        let variables = try await variables(of: "GET \(path) HTTP/1.1\r\nHost: h\r\n\r\n", rootPath: rootPath)
        #expect(variables["SCRIPT_NAME"] == rootPath)
        #expect(variables["PATH_INFO"] == pathInfo)
    }

    @Test("names of fields and variables correspond", arguments: [
        ("accept", "HTTP_ACCEPT"), ("x-a-b", "HTTP_X_A_B"), ("x.1", "HTTP_X.1"), ("x_a", nil), ("content-type", nil), ("content-length", nil),
    ])
    func fieldNames(field: String, variable: String?) {
        #expect(WSGIFieldName.variable(for: field) == variable)
        if let variable { #expect(WSGIFieldName.field(named: variable) == field) }
    }

    @Test("what is no field's variable is looked up in vain", arguments: ["HTTP_", "HTTP_x", "HTTP_X-Y", "http_x", "ACCEPT", "", "HTTP_CONTENT_TYPE"])
    func notVariables(name: String) {
        #expect(WSGIFieldName.field(named: name) == nil)
    }

    @Test("middleware may set and remove variables, and the properties follow")
    func changes() async throws {
        let app = answering { environment in
            var environment = environment
            environment.scriptName += "/mounted"
            environment["HTTP_X_FOO"] = nil
            environment["REMOTE_USER"] = "ada"
            return "\(environment["SCRIPT_NAME"]!) \(environment["HTTP_X_FOO"] ?? "none") \(environment.variables["REMOTE_USER"]!)"
        }
        let response = try await TestClient(app).get("/", headers: ["x-foo": "1"])
        #expect(response.text == "/mounted none ada")
    }

    @Test("the properties say how the application is called")
    func properties() async throws {
        let app = answering { environment in
            """
            \(environment.version) \(environment.multithread) \(environment.multiprocess) \(environment.runOnce) \
            \(environment.inputTerminated) \(environment.urlScheme) \(environment.contentLength ?? -1) \(environment.remotePort ?? -1)
            """
        }
        let one = try await TestClient(app, wsgiConfig(threads: 1)).post("/", body: "abc")
        #expect(one.text == "(major: 1, minor: 0) false false false true http 3 50000")
        var config = wsgiConfig(threads: 4)
        config.isOneOfSeveral = true
        let four = try await TestClient(app, config).get("/")
        #expect(four.text == "(major: 1, minor: 0) true true false true http -1 50000")
    }

    @Test("what is written to errors at once, as a traceback is, stays one entry of the log")
    func severalLines() async throws {
        let log = LogCapture()
        let app = answering { environment in
            environment.errors.write("Traceback\n  in fail\nError: no\n")
            environment.errors.write("after it\n")
            return ""
        }
        _ = try await TestClient(app, wsgiConfig(log: log)).get("/")
        #expect(try await eventually { log.errors.count == 2 })
        #expect(log.errors.map(\.message) == ["Traceback\n  in fail\nError: no", "after it"])
    }

    @Test("what is written to errors becomes lines of the log, the last one without its end too")
    func errors() async throws {
        let log = LogCapture()
        let app = answering { environment in
            environment.errors.write("one\ntw")
            var errors = environment.errors
            print("o", to: &errors)
            environment.errors.write("three")
            return ""
        }
        _ = try await TestClient(app, wsgiConfig(log: log)).get("/")
        #expect(try await eventually { log.errors.count == 3 })
        #expect(log.errors.map(\.message) == ["one", "two", "three"])
    }
}
