@testable import Roost

extension ResolverCases {
    static let origins: [ResolverCase] =
        schemes + https + http + notSchemes + hosts + notHosts + ports + notPorts + prefixes + notPrefixes

    /// A case for each of these values of one field.
    private static func each(_ name: String, _ values: [String], _ change: (inout ResolverCase) -> Void) -> [ResolverCase] {
        values.map { .told("\(name): \($0)", "X-Forwarded-\(name): \($0)", change: change) }
    }

    private static let https = each("Proto", ["https", "HTTPS", "wss", "Wss", "http, https", " https ,", ",https,,"]) { $0.expected.scheme = "https" }
    private static let http = each("Proto", ["http", "ws", "WS", "https, http", ",", ""]) { _ in }
    private static let notSchemes = each("Proto", ["ftp", "https:", "\"https\"", "http s", "httpsx", "on", "https;q=1"]) {
        $0.expected.problem = "x-forwarded-proto is not http or https"
    }

    private static let schemes: [ResolverCase] = [
        .told("nothing") { _ in },
        .told("nothing, where the last proxy was called over TLS") { $0.scheme = .https },
        .told("nothing, not even an address, over TLS") {
            ($0.scheme, $0.lines) = (.https, [])
            ($0.expected.scheme, $0.expected.client) = ("https", "10.0.0.9:5000")
        },
        .told("http, where the last proxy was called over TLS", "X-Forwarded-Proto: http") { $0.scheme = .https },
        .told("a scheme that is none left of one", "X-Forwarded-Proto: evil, https") { $0.expected.scheme = "https" },
        .told("lines are joined", "X-Forwarded-Proto: http", "X-Forwarded-Proto: https") { $0.expected.scheme = "https" },
        .told("the element of the proxy that the client called", "X-Forwarded-Proto: wss, https, http") {
            $0.lines[0] = "X-Forwarded-For: 1.1.1.1, 203.0.113.7, 10.0.0.2"
            $0.expected.scheme = "https"
        },
        .told("the same over lines", "X-Forwarded-Proto: http, https", "X-Forwarded-Proto: http") {
            $0.lines[0] = "X-Forwarded-For: 203.0.113.7, 10.0.0.2"
            $0.expected.scheme = "https"
        },
        .told("fewer elements than that: the left-most", "X-Forwarded-Proto: https") {
            $0.lines[0] = "X-Forwarded-For: 203.0.113.7, 10.0.0.2, 10.0.0.3"
            $0.expected.scheme = "https"
        },
        .told("no address is told: the right-most", "X-Forwarded-Proto: http, https") {
            $0.lines.removeFirst()
            ($0.expected.scheme, $0.expected.client) = ("https", "10.0.0.9:5000")
        },
        .told("the address is malformed: the right-most", "X-Forwarded-Proto: http, https") {
            $0.lines[0] = "X-Forwarded-For: 203.0.113.7, evil"
            ($0.expected.scheme, $0.expected.client, $0.expected.problem) = ("https", nil, "x-forwarded-for has an entry")
        },
        .told("the first of two problems is told", "X-Forwarded-Proto: evil", "X-Forwarded-Port: evil") { $0.expected.problem = "x-forwarded-proto" },
        .told("fields that are not believed", "X-Forwarded-Host: evil.example", "X-Forwarded-Port: 1", "X-Forwarded-Prefix: /evil", "X-Forwarded-Proto: https") {
            $0.headers = [.xForwardedFor, .xForwardedProto]
            $0.expected.scheme = "https"
        },
    ]

    private static let hosts: [ResolverCase] = [
        .told("host", "X-Forwarded-Host: example.com") { ($0.expected.host, $0.expected.server) = ("example.com", "example.com:80") },
        .told("host and scheme", "X-Forwarded-Host: example.com", "X-Forwarded-Proto: https") {
            ($0.expected.host, $0.expected.server, $0.expected.scheme) = ("example.com", "example.com:443", "https")
        },
        .told("host with a port", "X-Forwarded-Host: example.com:8443") { ($0.expected.host, $0.expected.server) = ("example.com:8443", "example.com:8443") },
        .told("host with the scheme's port", "X-Forwarded-Host: example.com:443", "X-Forwarded-Proto: https") {
            ($0.expected.host, $0.expected.server, $0.expected.scheme) = ("example.com", "example.com:443", "https")
        },
        .told("host with another scheme's port", "X-Forwarded-Host: example.com:443") {
            ($0.expected.host, $0.expected.server) = ("example.com:443", "example.com:443")
        },
        .told("host and port", "X-Forwarded-Host: example.com", "X-Forwarded-Port: 8443") {
            ($0.expected.host, $0.expected.server) = ("example.com:8443", "example.com:8443")
        },
        .told("host with a port and another port", "X-Forwarded-Host: example.com:1", "X-Forwarded-Port: 80") {
            ($0.expected.host, $0.expected.server) = ("example.com", "example.com:80")
        },
        .told("host as IPv6", "X-Forwarded-Host: [2001:db8::1]:8080") {
            ($0.expected.host, $0.expected.server) = ("[2001:db8::1]:8080", "[2001:db8::1]:8080")
        },
        .told("host as IPv6 without a port", "X-Forwarded-Host: [2001:db8::1]") {
            ($0.expected.host, $0.expected.server) = ("[2001:db8::1]", "[2001:db8::1]:80")
        },
        .told("host over a Unix socket", "X-Forwarded-Host: example.com") {
            ($0.server, $0.expected.host, $0.expected.server) = (Endpoint(host: "/run/app.sock", port: nil), "example.com", "example.com:80")
        },
        .told("host, right-most", "X-Forwarded-Host: evil.example, example.com") { ($0.expected.host, $0.expected.server) = ("example.com", "example.com:80") },
    ]

    private static let notHosts = each(
        "Host", ["a b", "http://example.com", "a:b", "a:65536", "user@example.com", "::1", "[::1", "a/b", "a?b", "\"a\"", "a:", ":80"]
    ) { $0.expected.problem = "x-forwarded-host is not a host, with or without a port" }

    private static let ports: [ResolverCase] = [
        .told("port", "X-Forwarded-Port: 8443") { ($0.expected.host, $0.expected.server) = ("app.example:8443", "10.0.0.1:8443") },
        .told("the scheme's port", "X-Forwarded-Port: 443", "X-Forwarded-Proto: https") {
            ($0.expected.host, $0.expected.server, $0.expected.scheme) = ("app.example", "10.0.0.1:443", "https")
        },
        .told("port, for an IPv6 host", "X-Forwarded-Port: 8443") {
            ($0.host, $0.expected.host, $0.expected.server) = ("[2001:db8::1]", "[2001:db8::1]:8443", "10.0.0.1:8443")
        },
        .told("port, without a host", "X-Forwarded-Port: 8443") { ($0.host, $0.expected.server) = ("", "10.0.0.1:8443") },
        .told("port, over a Unix socket, which has none", "X-Forwarded-Port: 8443") {
            ($0.server, $0.expected.host, $0.expected.server) = (Endpoint(host: "/run/app.sock", port: nil), "app.example:8443", "app.example:8443")
        },
        .told("port, beside a host that is none", "X-Forwarded-Host: a b", "X-Forwarded-Port: 8443") {
            ($0.expected.host, $0.expected.server, $0.expected.problem) = ("app.example:8443", "10.0.0.1:8443", "x-forwarded-host")
        },
    ]

    private static let notPorts = each("Port", ["0", "65536", "-1", "+1", "8a", "1 2", "99999999999999999999", "\"80\""]) {
        $0.expected.problem = "x-forwarded-port is not a number from 1 to 65535"
    }

    private static let prefixes: [ResolverCase] = [
        ("/app", "/app"), ("/app/", "/app"), ("/app//", "/app"), ("/", ""), ("/a/b", "/a/b"), ("/evil, /app", "/app"),
        ("/a~b_c-d.e:@!$&'()*+;=", "/a~b_c-d.e:@!$&'()*+;="), ("/..app/.b/...", "/..app/.b/..."),
    ].flatMap { value, rootPath in each("Prefix", [value]) { $0.expected.rootPath = rootPath } }

    private static let notPrefixes = each(
        "Prefix", ["app", "//app", "//", "/a?b", "/a#b", "/a\\b", "/a b", "/a\tb", "/\u{E9}", "http://a/", "/a\"b", "/<a>", "/a%20b", "/a/../b", "/..", "/./a", "/a//b"]
    ) { $0.expected.problem = "x-forwarded-prefix is not a path" }
}
