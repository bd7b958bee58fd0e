internal import Roost

/// `builtin:hello-wsgi`: answers everything with `Hello World`, through the WSGI contract.
enum HelloWSGIApp {
    private static let headers: Headers = ["content-type": "text/plain"]
    private static let body = ByteBuffer(string: "Hello World")

    static let application: WSGIFramework = { _, startResponse in
        try startResponse("200 OK", headers)
        return WSGIBody(body)
    }
}
