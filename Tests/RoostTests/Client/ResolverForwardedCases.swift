@testable import Roost

extension ResolverCases {
    static let forwarded: [ResolverCase] = [
        .forwarded("one", "for=203.0.113.7", is: "203.0.113.7:0"),
        .forwarded("any case, and quotes", "FoR=\"203.0.113.7\";PROTO=HTTPS", is: "203.0.113.7:0", scheme: "https"),
        .forwarded("a port", "for=\"203.0.113.7:4711\"", is: "203.0.113.7:4711"),
        .forwarded("an obfuscated port", "for=\"203.0.113.7:_p\"", is: "203.0.113.7:0"),
        .forwarded("IPv6", "for=\"[2001:db8::7]\"", is: "[2001:db8::7]:0"),
        .forwarded("IPv6 with a port", "For=\"[2001:db8:cafe::17]:4711\"", is: "[2001:db8:cafe::17]:4711"),
        .forwarded("escapes", #"for="\2\03.0.113\.7""#, is: "203.0.113.7:0"),
        .forwarded("unknown", "for=1.1.1.1, for=UNKNOWN", is: nil),
        .forwarded("unknown with a port", "for=\"unknown:80\"", is: nil),
        .forwarded("obfuscated", "for=_gazonk;proto=https", is: nil, scheme: "https"),
        .forwarded("obfuscated with a port", "for=\"_gazonk:_x\"", is: nil),
        .forwarded("what the client wrote is left of it", "for=1.1.1.1;proto=https, for=203.0.113.7;proto=http", is: "203.0.113.7:0"),
        .forwarded("on a line before it", "for=1.1.1.1;proto=https", "for=203.0.113.7;proto=http", is: "203.0.113.7:0"),
        .forwarded("our own are passed", "for=1.1.1.1, for=203.0.113.7;proto=https,for=10.0.0.2;proto=http , for=\"[::ffff:10.0.0.3]:5\"", is: "203.0.113.7:0", scheme: "https"),
        .forwarded("all are ours: the left-most", "for=10.0.0.2;proto=https", "for=10.0.0.3", is: "10.0.0.2:0", scheme: "https"),
        .forwarded("everyone trusted passes nobody", "for=1.1.1.1, for=10.0.0.2", is: "10.0.0.2:0") { $0.allow = "*" },
        .forwarded("parameters that nobody knows", "secret=x;for=203.0.113.7;by=_a;X-y=\"a, for=1.1.1.1;\";z=1", is: "203.0.113.7:0"),
        .forwarded("commas, quotes and backslashes in quoted strings", #"for=1.1.1.1, for=203.0.113.7;x="\",\\";y=",\",=\\\"\\", for=10.0.0.2;x="a=\"b,c\"""#, is: "203.0.113.7:0"),
        .forwarded("empty elements are nothing", " ,, for=203.0.113.7 ,\t,for=10.0.0.2,", "", ",", is: "203.0.113.7:0"),
        .forwarded("empty pairs are nothing", ";for=203.0.113.7;;proto=https;", is: "203.0.113.7:0", scheme: "https"),
        .forwarded("an element without for tells what it tells", "for=1.1.1.1;proto=http, proto=https", is: "10.0.0.9:5000", scheme: "https"),
        .forwarded("an element without for behind our own", "for=1.1.1.1, proto=https, for=10.0.0.2;proto=http", is: "10.0.0.2:0", scheme: "https"),
        .forwarded("host", "for=203.0.113.7;host=example.com;proto=https", is: "203.0.113.7:0", scheme: "https") {
            ($0.expected.host, $0.expected.server) = ("example.com", "example.com:443")
        },
        .forwarded("host with a port", "for=203.0.113.7;host=\"example.com:8443\"", is: "203.0.113.7:0") {
            ($0.expected.host, $0.expected.server) = ("example.com:8443", "example.com:8443")
        },
        .forwarded("host of the element that the client is in", "for=1.1.1.1;host=evil.example, for=203.0.113.7, for=10.0.0.2;host=inner.example", is: "203.0.113.7:0"),
        .forwarded("a host that is none", "for=203.0.113.7;host=\"a b\"", is: "203.0.113.7:0", problem: #"forwarded has a "host" that is not a host"#),
        .forwarded("a proto that is none", "for=203.0.113.7;proto=gopher", is: "203.0.113.7:0", problem: #""proto" that is not http or https"#),
        .forwarded("X-Forwarded fields are not taken for it", "for=203.0.113.7", is: "203.0.113.7:0") {
            $0.lines += ["X-Forwarded-For: 1.1.1.1", "X-Forwarded-Proto: https"]
            $0.expected.hidden = .xForwarded
        },
        // What a client may send, and the proxy goes on behind it.
        .forwarded("a quote that the client opens, on one line", "for=\"evil, for=203.0.113.7", is: nil, problem: "forwarded has a line"),
        .forwarded("a quote that the client opens, on two lines", "for=\"evil", "for=203.0.113.7;proto=https", is: "203.0.113.7:0", scheme: "https"),
        .forwarded("a quote that the proxy's quote closes", "for=\"1.1.1.1, for=\"203.0.113.7\"", is: nil, problem: "forwarded has a line"),
        .forwarded("a value that takes in what the proxy wrote", "for=1.1.1.1;x=\", for=203.0.113.7;by=\"_a\"", is: nil, problem: "forwarded has a line"),
        .forwarded("a backslash that the client ends with", "for=\"evil\\, for=\"203.0.113.7\"", is: nil, problem: "forwarded has a line"),
        .forwarded("a backslash outside of quotes", "for=1.1.1.1\\, for=203.0.113.7", is: nil, problem: "forwarded has a line"),
        .forwarded("a semicolon that the client ends with", "for=1.1.1.1;, for=203.0.113.7", is: "203.0.113.7:0"),
        .forwarded("an element that the client leaves open", "for=1.1.1.1;x=, for=203.0.113.7", is: nil, problem: "forwarded has a line"),
        .forwarded("malformed behind our own", "for=\"evil", "for=10.0.0.2;proto=https", is: nil, scheme: "https", problem: "forwarded has a line"),
        // What the grammar does not allow.
        .forwarded("white space behind a semicolon", "for=203.0.113.7; proto=https", is: nil, problem: "forwarded has a line"),
        .forwarded("white space before a semicolon", "for=203.0.113.7 ;proto=https", is: nil, problem: "forwarded has a line"),
        .forwarded("white space around =", "for = 203.0.113.7", is: nil, problem: "forwarded has a line"),
        .forwarded("a name twice", "for=203.0.113.7;For=1.1.1.1", is: nil, problem: "forwarded has a line"),
        .forwarded("an unknown name twice", "for=203.0.113.7;x=1;X=1", is: nil, problem: "forwarded has a line"),
        .forwarded("very many names", "for=203.0.113.7;" + (0..<16).map { "x\($0)=1" }.joined(separator: ";"), is: nil, problem: "forwarded has a line"),
        .forwarded("a value alone", "203.0.113.7", is: nil, problem: "forwarded has a line"),
        .forwarded("no name", "=203.0.113.7", is: nil, problem: "forwarded has a line"),
        .forwarded("no value", "for=", is: nil, problem: "forwarded has a line"),
        .forwarded("something behind a quoted string", "for=\"203.0.113.7\"x", is: nil, problem: "forwarded has a line"),
        .forwarded("a quoted string that is not closed", "for=\"203.0.113.7", is: nil, problem: "forwarded has a line"),
        .forwarded("a port without quotes", "for=203.0.113.7:80", is: nil, problem: "forwarded has a line"),
        .forwarded("IPv6 without quotes", "for=[2001:db8::7]", is: nil, problem: "forwarded has a line"),
        .forwarded("IPv6 without brackets", "for=\"2001:db8::7\";proto=https", is: nil, problem: #"forwarded has a "for""#),
        .forwarded("an empty for", "for=\"\"", is: nil, problem: #"forwarded has a "for""#),
        .forwarded("a for that is no address, behind our own", "for=evil;proto=http, for=10.0.0.2;proto=https", is: nil, scheme: "https", problem: #"forwarded has a "for""#),
        .forwarded("a for that is no address, left of the client", "for=evil, for=203.0.113.7", is: "203.0.113.7:0"),
    ]
}
